// Why an answer is as it is: what counted in the picture, and which pictures of the training are
// nearest.

import { may, recognise, Trouble } from "../api.js";
import { el } from "../dom.js";
import { say } from "../languages.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";

const $ = window.jQuery;

const points = (value) => Math.round(100 * Math.max(0, value));

function example({ label, similarity, picture }) {
  const words = say("why.alike", { name: nameOf(label), points: points(similarity) });
  const image = picture
    ? $("<img loading='lazy' width='96' height='96'>").attr({
        src: `${at(picture)}?size=160`,
        alt: "",
      })
    : null;
  return el("li", image, el("span", words));
}

function nearest(examples) {
  if (!examples?.length) return null;
  const hidden = examples.every(({ picture }) => !picture);
  const why = may("train") ? "why.pictures-elsewhere" : "why.pictures-for-trainers";
  return el(
    "section.nearest",
    el("h2", say("why.nearest")),
    el("ul", examples.map(example)),
    hidden ? el("p.quiet.small-text", say(why)) : null,
  );
}

function agreement(region, examples) {
  const few = (examples ?? []).slice(0, 3);
  if (!few.length) return "";
  const agree = few.filter(({ label }) => label.split(" + ").includes(region.best)).length;
  return say("why.agree", { agree, count: few.length, name: nameOf(region.best) });
}

function shown(region, found) {
  const heat = say("why.heat", { name: nameOf(region.label ?? region.best) });
  return el(
    "div.why-shown",
    el(
      "figure",
      $("<img alt=''>").attr("src", found.explanation),
      el("figcaption.quiet", `${heat} ${agreement(region, found.nearest)}`),
    ),
    nearest(found.nearest),
  );
}

// A button that asks once more about this region. item: {sent, address} of the picture
export function whyFor(region, item, model) {
  const place = el("div.why");
  const button = el("button.button.small", say("why.ask"))
    .attr("type", "button")
    .on("click", async () => {
      button.prop("disabled", true).text(say("why.looking"));
      try {
        const wish = { explain: true, region: region.index };
        const found = await recognise(item.address ?? item.sent, model.name, wish);
        if (!found.explanation) throw new Trouble("none", say("why.none"), "");
        place.empty().append(shown(region, found));
      } catch (error) {
        place
          .empty()
          .append(
            el("p.quiet", error.detail || error.title || String(error)).attr("role", "status"),
          );
      }
    });
  return place.append(button);
}
