"use strict";
(function () {
  const facts = JSON.parse(document.body.dataset.facts);
  const cards = Array.from(document.querySelectorAll("article"));
  const key = "likeness-sheet-" + facts.sheet;
  const state = document.getElementById("state");
  const save = document.getElementById("save");
  let unsaved = false;
  let choices = remembered();

  function remembered() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (error) { return {}; }
  }

  function remember() {
    try { localStorage.setItem(key, JSON.stringify(choices)); } catch (error) { /* a private window keeps nothing */ }
  }

  function decide(card, action, to) {
    const sha = card.dataset.sha;
    if (!sha) return;
    const before = choices[sha];
    const same = before && before.action === action && before.label === card.dataset.label && before.to === to;
    if (same) delete choices[sha];
    else choices[sha] = { action: action, label: card.dataset.label, to: to, time: new Date().toISOString() };
    unsaved = Object.keys(choices).length > 0;
    remember();
    show();
  }

  function show() {
    const wanted = document.getElementById("class").value;
    const onlyOpen = document.getElementById("open").checked;
    const seen = new Set();
    cards.forEach(function (card) {
      const choice = choices[card.dataset.sha];
      const mine = choice && (choice.label === card.dataset.label || choice.action === "reject") ? choice : null;
      seen.add(card.dataset.sha);
      card.dataset.state = mine ? mine.action : "";
      card.querySelectorAll("[data-do]").forEach(function (control) {
        const there = control.dataset.to === undefined || control.dataset.to === mine?.to;
        const pressed = Boolean(mine) && control.dataset.do === mine.action && there;
        control.setAttribute("aria-pressed", String(pressed));
        if (control.tagName === "SELECT") control.value = pressed ? mine.to : "";
      });
      card.hidden = Boolean(wanted && card.dataset.label !== wanted) || Boolean(onlyOpen && choice);
    });
    document.querySelectorAll("section").forEach(function (section) {
      section.hidden = !section.querySelector("article:not([hidden])");
    });
    const made = Object.keys(choices).length;
    state.textContent = made + " of " + seen.size + " decided";
    save.disabled = made === 0;
  }

  function lines() {
    return Object.keys(choices).map(function (sha) {
      const choice = choices[sha];
      return JSON.stringify({
        time: choice.time.replace(/\.\d+Z$/, "+00:00"), sha256: sha, action: choice.action,
        label: choice.label, to: choice.to || null, by: "contact sheet", note: null,
      }) + "\n";
    }).join("");
  }

  cards.forEach(function (card) {
    const select = card.querySelector("select");
    if (!card.dataset.sha) {
      card.querySelector(".choices").hidden = true;
      return;
    }
    const first = card.dataset.suggestion;
    const others = facts.classes.filter(function (c) { return c !== first; });
    (first ? [first] : []).concat(others).forEach(function (label) {
      if (label === card.dataset.label) return;
      const words = { _unknown: "a stranger", _none: "nobody in it" };
      select.add(new Option(words[label] || label, label));
    });
    select.addEventListener("change", function () {
      if (select.value) decide(card, "move", select.value);
      else if (choices[card.dataset.sha]) decide(card, "move", choices[card.dataset.sha].to);
    });
    card.querySelectorAll("button").forEach(function (button) {
      button.addEventListener("click", function () { decide(card, button.dataset.do, button.dataset.to || null); });
    });
  });

  document.querySelectorAll("[data-bulk]").forEach(function (button) {
    button.addEventListener("click", function () {
      const groups = new Set();
      button.closest("section").querySelectorAll("article:not([hidden])").forEach(function (card) {
        const again = groups.has(card.dataset.group);
        groups.add(card.dataset.group);
        const action = button.dataset.bulk === "first" ? (again ? "reject" : "keep") : button.dataset.bulk;
        if (!choices[card.dataset.sha]) decide(card, action, null);
      });
    });
  });

  save.addEventListener("click", function () {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines()], { type: "application/jsonl" }));
    link.download = "decisions.jsonl";
    link.click();
    unsaved = false;
    document.getElementById("saved").hidden = false;
    document.getElementById("saved").scrollIntoView({ block: "center" });
  });
  document.getElementById("class").addEventListener("change", show);
  document.getElementById("open").addEventListener("change", show);
  window.addEventListener("beforeunload", function (event) { if (unsaved) event.preventDefault(); });
  show();
})();
