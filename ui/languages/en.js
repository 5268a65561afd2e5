// Everything that the page says, in English. A line a sentence, however long it is; "{name}" is put
// in by the page. The other languages have the same keys.
export default {
  "dialog.back": "Back",
  "dialog.yes": "Yes",

  "gate.admin": "This is for those whose key has the role admin.",
  "gate.has-predict": "Your key has the role predict: it may ask about pictures.",
  "gate.has-train": "Your key has the role train: it may teach, review and train.",
  "gate.predict": "This server asks for a key. Whoever runs it can give you one.",
  "gate.title": "A key is needed",
  "gate.train": "This is for those whose key has the role train or admin.",

  "nav.manage": "Manage",
  "nav.menu": "Menu",
  "nav.recognise": "Recognise",
  "nav.screens": "Screens",

  "progress.minutes-left": { one: "about a minute left", other: "about {count} minutes left" },
  "progress.seconds-left": { one: "about a second left", other: "about {count} seconds left" },

  "recognise.model": "Model",

  "session.everywhere-means": "Ends all sessions of this key, in other browsers too",
  "session.sign-in": "Sign in",
  "session.sign-out": "Sign out",
  "session.sign-out-everywhere": "Sign out everywhere",
  "session.signed-in-as": "Signed in as {name}, role {role}",

  "state.again": "Try again",
  "state.broken": "Something went wrong on this page.",
  "state.loading": "One moment …",
  "state.offline":
    "You are offline. What you see is from before; it goes on as soon as the network is back.",

  "toast.close": "Close",
  "toast.undo": "Undo",
};
