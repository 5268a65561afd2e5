// Alles, was die Seite sagt, auf Deutsch. Eine Zeile je Satz, wie lang er auch ist; "{name}" setzt
// die Seite ein. Die anderen Sprachen haben dieselben Schlüssel.
export default {
  "dialog.back": "Zurück",
  "dialog.yes": "Ja",

  "gate.admin": "Das hier ist für alle, deren Schlüssel die Rolle admin hat.",
  "gate.has-predict": "Ihr Schlüssel hat die Rolle predict: Er darf nach Bildern fragen.",
  "gate.has-train": "Ihr Schlüssel hat die Rolle train: Er darf lehren, prüfen und trainieren.",
  "gate.predict":
    "Dieser Server verlangt einen Schlüssel. Wer ihn betreibt, kann Ihnen einen geben.",
  "gate.title": "Ein Schlüssel wird gebraucht",
  "gate.train": "Das hier ist für alle, deren Schlüssel die Rolle train oder admin hat.",

  "nav.manage": "Verwalten",
  "nav.menu": "Menü",
  "nav.recognise": "Erkennen",
  "nav.screens": "Seiten",

  "progress.minutes-left": { one: "noch etwa eine Minute", other: "noch etwa {count} Minuten" },
  "progress.seconds-left": { one: "noch etwa eine Sekunde", other: "noch etwa {count} Sekunden" },

  "recognise.model": "Modell",

  "session.everywhere-means": "Beendet alle Sitzungen dieses Schlüssels, auch in anderen Browsern",
  "session.sign-in": "Anmelden",
  "session.sign-out": "Abmelden",
  "session.sign-out-everywhere": "Überall abmelden",
  "session.signed-in-as": "Angemeldet als {name}, Rolle {role}",

  "state.again": "Noch einmal versuchen",
  "state.broken": "Auf dieser Seite ist etwas schiefgegangen.",
  "state.loading": "Einen Augenblick …",
  "state.offline":
    "Sie sind offline. Was Sie sehen, ist von vorher; es geht weiter, sobald das Netz wieder da ist.",

  "toast.close": "Schließen",
  "toast.undo": "Rückgängig",
};
