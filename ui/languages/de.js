// Was jede Ansicht und Erkennen sagen, auf Deutsch. Eine Zeile je Satz, wie lang er auch ist; "{name}"
// setzt die Seite ein. Die anderen Sprachen haben dieselben Schlüssel.
export default {
  "camera.failed": "Die Kamera ist nicht gestartet ({reason}). Wählen Sie stattdessen ein Bild.",
  "camera.https":
    "Browser geben die Kamera nur Seiten mit https und localhost, und diese Seite ist keines von beiden.",
  "camera.in-use":
    "Die Kamera wird von einem anderen Programm benutzt. Schließen Sie es und versuchen Sie es noch einmal.",
  "camera.no-such": "Dieses Gerät hat keine solche Kamera.",
  "camera.none":
    "Dieses Gerät hat keine Kamera, die der Browser sieht. Wählen Sie stattdessen ein Bild.",
  "camera.other": "Andere Kamera",
  "camera.phone": "Auf dem Telefon bietet auch „Bild wählen“ die Kamera an.",
  "camera.refused":
    "Der Browser darf die Kamera nicht benutzen. Erlauben Sie es in der Adresszeile, oder wählen Sie stattdessen ein Bild.",
  "camera.shoot": "Foto machen",
  "camera.title": "Ein Foto machen",
  "camera.waiting": "Warte auf die Kamera …",

  "claim.get": "Schlüssel holen",
  "claim.keep": "Er wird nur jetzt gezeigt: Bewahren Sie ihn sicher auf. Sie sind angemeldet.",
  "claim.text":
    "Dieser Link gibt einmal den ersten Schlüssel eines Administrators. Mit ihm verwalten Sie Modelle, Datensätze und Schlüssel.",
  "claim.title": "Der Schlüssel des Administrators",
  "claim.used":
    "Dieser Link wurde schon benutzt, oder seine Stunde ist um. Solange es keinen Schlüssel eines Administrators gibt, gibt jeder Start des Dienstes einen neuen aus.",

  "copy.done": "Kopiert",
  "copy.selected": "Markiert: Strg+C drücken",

  "correct.add-part":
    "diesen Teil des Bildes in den Datensatz legen, damit das nächste Training daraus lernt",
  "correct.add-picture": "das Bild in den Datensatz legen, damit das nächste Training daraus lernt",
  "correct.also-shows": "Es zeigt auch …",
  "correct.also-shows-another": "Es zeigt auch eine andere Klasse",
  "correct.another": "Es ist jemand anderes",
  "correct.begins-with-this": "Er begänne mit diesem Bild allein.",
  "correct.is-not": "Es ist nicht {name}",
  "correct.it-is": "Es ist …",
  "correct.make-data-set": "Einen Datensatz dafür anlegen?",
  "correct.make-it": "Anlegen",
  "correct.new-class": "Neue Klasse …",
  "correct.new-name": "Name von jemand Neuem",
  "correct.new-person": "Neue Person …",
  "correct.no-face": "Kein Gesicht",
  "correct.no-person": "Kein Mensch",
  "correct.no-such": "Kein {name}",
  "correct.nothing-saved": "Nichts wurde gespeichert.",
  "correct.save": "Speichern",
  "correct.somebody-else": "jemand anderes",
  "correct.something-else": "etwas anderes",
  "correct.taken-back": "Es wurde zurückgenommen.",
  "correct.thanks": "Danke, notiert.",
  "correct.thanks-in-vain": "Danke, notiert. Das nächste Training lernt aber nichts daraus.",
  "correct.thanks-learned": "Danke, das nächste Training lernt daraus.",
  "correct.their-name": "Name",
  "correct.wrong": "Falsch?",
  "correct.yes": "Ja, {name}",
  "correct.yes-all": "Ja, alles",

  "dialog.back": "Zurück",
  "dialog.cancel": "Abbrechen",
  "dialog.yes": "Ja",

  "foot.private": "Alles wird auf diesem Server berechnet; nichts kommt von anderswo.",

  "intake.no-clipboard": "In der Zwischenablage ist kein Bild.",
  "intake.no-clipboard.do":
    "Kopieren Sie ein Bild, keinen Link und keinen Text, und fügen Sie es noch einmal ein.",
  "intake.no-file": "Das war keine Bilddatei.",
  "intake.no-file.do": "Speichern Sie das Bild zuerst und ziehen Sie dann die Datei hierher.",

  "lost.api": "Die API",
  "lost.ask": "Nach einem Bild fragen",
  "lost.note": "Vielleicht ist sie vertippt, oder was hier war, ist weg.",
  "lost.title": "Unter dieser Adresse ist nichts.",

  "nav.models": "Modelle",
  "nav.live": "Live",
  "nav.activity": "Aktivität",
  "nav.menu": "Menü",
  "nav.recognise": "Erkennen",
  "nav.review": "Durchsehen",
  "nav.screens": "Seiten",
  "nav.settings": "Einstellungen",
  "nav.strangers": "Unbekannte",
  "nav.teach": "Anlernen",

  "program.all": "Die ganze API",
  "program.answer":
    "Die Antwort ist eine Liste mit einem Eintrag je Gesicht: class, class_probability in Prozent in der Reihenfolge von class_dictionary, und box als x, y, Breite, Höhe in Pixeln des aufrechten Bildes. Ohne Gesicht ist die Liste leer.",
  "program.copy": "Befehl kopieren",
  "program.how":
    "Schicken Sie ein Bild als Data-URL oder als reines base64 im Formularfeld image_data:",
  "program.title": "Aus einem Programm benutzen",

  "recognise.address": "Adresse eines Bildes",
  "recognise.alike-known":
    "{points} von 100 Punkten Ähnlichkeit mit {name}; ab {threshold} wird der Name genannt.",
  "recognise.alike-stranger":
    "Am ähnlichsten {name}, mit {points} von 100 Punkten. Ab {threshold} würde der Name genannt.",
  "recognise.another": "Andere Bilder",
  "recognise.answer": "Antwort",
  "recognise.camera": "Kamera benutzen",
  "recognise.cards.face": "Wen dieses Modell kennt",
  "recognise.cards.object": "Was dieses Modell kennt",
  "recognise.cards.person": "Was dieses Modell unterscheidet",
  "recognise.choose": "Bilder wählen",
  "recognise.chosen-picture": "Das gewählte Bild",
  "recognise.class": "Klasse",
  "recognise.classes-are-all":
    "Für dieses Modell gibt es nur seine Klassen: Alles bekommt den Namen einer davon. Die Tabelle zeigt, wie sicher es ist.",
  "recognise.closest": "Am nächsten ist {name}, aber nicht nahe genug, um es zu sagen.",
  "recognise.drop": "Bilder hierher ziehen",
  "recognise.drop-this": "Loslassen, um sie anzusehen",
  "recognise.elsewhere":
    "Das Bild liegt anderswo. Der Server sieht es sich an; diese Seite lädt nichts von anderen Seiten.",
  "recognise.every-class": "Jede Klasse mit ihrer Wahrscheinlichkeit",
  "recognise.expect-somebody":
    "Wen das Modell nicht gelernt hat, der sollte „{answer}“ sein. Es kann sich irren: Die Antwort zeigt, wie sicher es ist.",
  "recognise.expect-something":
    "Was das Modell nicht gelernt hat, sollte „{answer}“ sein. Es kann sich irren: Die Antwort zeigt, wie sicher es ist.",
  "recognise.find": "Einen Namen finden",
  "recognise.found": "Im Bild gefunden",
  "recognise.give-strangers":
    "Wo es auf Fremde ankommt, geben Sie ihm Bilder anderer Leute in einer Klasse _unknown.",
  "recognise.hint.private": "Ihr Bild geht an diesen Server und sonst nirgendwohin.",
  "recognise.hint.several":
    "In einem Bild können mehrere sein; wählen Sie eines, um seine Werte zu sehen.",
  "recognise.if-it-had-to-be": "Wenn es jemand davon sein müsste:",
  "recognise.keep-trying": "Ich versuche es weiter.",
  "recognise.look-there": "Ansehen",
  "recognise.looking": "Ich sehe nach …",
  "recognise.made-smaller":
    "Das Bild war größer, als dieser Server es annimmt ({before}). Es wurde hier verkleinert: {width} × {height} Pixel, {after}.",
  "recognise.mark.blurred": "Es ist unscharf: weniger sicher.",
  "recognise.mark.bright": "Es ist überbelichtet: weniger sicher.",
  "recognise.mark.dark": "Es ist sehr dunkel: weniger sicher.",
  "recognise.mark.one-eye": "Weniger als zwei Augen wurden gefunden: weniger sicher.",
  "recognise.mark.small": "Es ist nur wenige Pixel breit: weniger sicher.",
  "recognise.mark.turned": "Das Gesicht ist weit abgewandt: weniger sicher.",
  "recognise.model": "Modell",
  "recognise.more-names": { one: "noch jemand", other: "{count} weitere" },
  "recognise.names-every-stranger":
    "Dieses Modell erkennt Fremde kaum: Beim Ausprobieren bekam fast jeder von ihnen einen Namen.",
  "recognise.names-strangers":
    "Dieses Modell erkennt Fremde kaum: Beim Ausprobieren bekamen {share} von ihnen einen Namen.",
  "recognise.no-model": "Noch ist kein Modell trainiert.",
  "recognise.no-model.do":
    "Geben Sie mir Bilder der Leute, die ich kennen soll, je ein Dutzend. Oder legen Sie sie in Ordner und rufen Sie auf: make train DATA=Ordner NAME=Name",
  "recognise.no-sample": "Hier gibt es kein Beispielbild.",
  "recognise.nobody": "Niemand.",
  "recognise.note.face": "Zeigen Sie mir ein Bild, und ich nenne die Leute, die ich darin kenne.",
  "recognise.note.object": "Zeigen Sie mir ein Bild, und ich sage, was es zeigt.",
  "recognise.note.person": "Zeigen Sie mir ein Bild, und ich sage, was für Leute darin sind.",
  "recognise.nothing-do.face":
    "Ein Gesicht zeigt sich am besten, wenn es größer als ein Daumennagel ist, von vorn beleuchtet, und beide Augen zu sehen sind.",
  "recognise.nothing-do.object": "Versuchen Sie ein Bild, das die Sache fast ganz ausfüllt.",
  "recognise.nothing-do.person":
    "Menschen zeigen sich am besten, wenn sie ganz zu sehen und nicht zu weit weg sind.",
  "recognise.nothing.face": "Ich habe in diesem Bild kein Gesicht gefunden.",
  "recognise.nothing.object": "Ich habe in diesem Bild keine Sache gefunden.",
  "recognise.nothing.person": "Ich habe in diesem Bild keinen Menschen gefunden.",
  "recognise.paste": "oder eines mit Strg + V einfügen",
  "recognise.perhaps": "vielleicht {name}",
  "recognise.probability": "Wahrscheinlichkeit",
  "recognise.probably": "wahrscheinlich {name}",
  "recognise.reason.taken": "Jemand anderes in diesem Bild ist ihnen ähnlicher.",
  "recognise.reason.too-small": "Es ist zu klein, um einen Namen zu bekommen.",
  "recognise.refuses-nobody":
    "Dieses Modell weist niemanden ab: Wen es auch sieht, der bekommt einen seiner Namen. Eine dritte Klasse oder Bilder anderer Leute in einer Klasse _unknown würden das ändern.",
  "recognise.sample": "Ein Beispielbild versuchen",
  "recognise.sending": "Das Bild wird gesendet",
  "recognise.several-classes":
    "Ein Bild kann mehreres davon zeigen oder nichts: Jedes ist eine eigene Frage. Die Tabelle zeigt, wie sicher die Antworten sind.",
  "recognise.sheet": { one: "Ein Bild", other: "{count} Bilder" },
  "recognise.show-all": "Alle {count} zeigen",
  "recognise.skip": "Zur Antwort springen",
  "recognise.somebody-else": "Jemand anderes.",
  "recognise.stop": "Anhalten",
  "recognise.stopped": "Angehalten.",
  "recognise.stopped.note": "Das Bild wurde nicht zu Ende angesehen.",
  "recognise.stranger.face": "jemand, den ich nicht kenne",
  "recognise.stranger.object": "etwas, das ich nicht kenne",
  "recognise.stranger.person": "jemand anderes",
  "recognise.strangers.face": {
    one: "jemand, den ich nicht kenne",
    other: "{count} Leute, die ich nicht kenne",
  },
  "recognise.strangers.object": {
    one: "etwas, das ich nicht kenne",
    other: "{count} Sachen, die ich nicht kenne",
  },
  "recognise.strangers.person": { one: "jemand anderes", other: "{count} andere" },
  "recognise.tap": "Tippen, um Bilder zu wählen",
  "recognise.teach-one": "Eines lehren",
  "recognise.this-is": "Das ist {names}.",
  "recognise.three-verdicts":
    "Die Antwort ist eine der Arten unten, „jemand anderes“ oder „niemand“.",
  "recognise.title.face": "Wer ist das?",
  "recognise.title.object": "Was ist das?",
  "recognise.title.person": "Wer ist da?",
  "recognise.train-modern": "Wo es auf Fremde ankommt, trainieren Sie mit dem Rezept {recipe}.",
  "recognise.unknown": "unbekannt",
  "recognise.unseen":
    "Dieser Browser kann diese Art Bild nicht zeigen; der Server sieht es sich trotzdem an.",
  "recognise.waiting": "Wartet …",
  "recognise.your-picture": "Ihr Bild",

  "session.everywhere-means": "Beendet alle Sitzungen dieses Schlüssels, auch in anderen Browsern",
  "session.key": "Schlüssel",
  "session.sign-in": "Anmelden",
  "session.sign-out": "Abmelden",
  "session.sign-out-everywhere": "Überall abmelden",
  "session.signed-in-as": "Angemeldet als {name}, Rolle {role}",
  "session.where-from":
    "Der erste Start des Dienstes hat einen Link zum Schlüssel des Administrators ausgegeben; weitere macht ein Administrator.",
  "session.with-a-key": "Mit einem Schlüssel anmelden",
  "session.wrong-key": "Der Schlüssel gilt nicht: Er ist unbekannt, widerrufen oder abgelaufen.",

  "size.bytes": { one: "{count} Byte", other: "{count} Byte" },
  "size.kilobytes": "{count} kB",
  "size.megabytes": "{count} MB",

  "state.again": "Noch einmal versuchen",
  "state.broken": "Auf dieser Seite ist etwas schiefgegangen.",
  "state.loading": "Einen Augenblick …",
  "state.offline":
    "Sie sind offline. Was Sie sehen, ist von vorher; es geht weiter, sobald das Netz wieder da ist.",

  "time.minutes": "{count} min",
  "time.seconds": "{count} s",

  "toast.close": "Schließen",
  "toast.undo": "Rückgängig",

  "trouble.asks-for-key": "Dieser Server verlangt einen Schlüssel.",
  "trouble.away": "Der Server ist nicht da.",
  "trouble.broken": "Auf dem Server ist etwas schiefgegangen.",
  "trouble.broken-model": "Das Modell kann nicht antworten.",
  "trouble.broken-picture": "Dieses Bild ist beschädigt.",
  "trouble.broken-picture.do": "Nehmen Sie eines, das sich anderswo ganz öffnen lässt.",
  "trouble.broken.do": "Die Ursache steht im Protokoll des Servers.",
  "trouble.busy": "Der Server ist beschäftigt.",
  "trouble.conflict": "Das passt nicht zum jetzigen Stand.",
  "trouble.dataset-error": "Der Datensatz ist so nicht zu gebrauchen.",
  "trouble.empty-picture": "Diese Datei ist leer.",
  "trouble.empty-picture.do": "Sie hat 0 Byte. Wählen Sie eine andere.",
  "trouble.incomplete": "Die Seite ist unvollständig.",
  "trouble.most-bytes": "Höchstens {size} können auf einmal gesendet werden.",
  "trouble.most-file": "Ein Bild darf höchstens {size} haben.",
  "trouble.most-pixels": "Ein Bild darf höchstens {pixels} Pixel haben.",
  "trouble.no-answer": "Der Server antwortet nicht.",
  "trouble.no-answer.do": "Vielleicht startet er neu, oder das Netz ist weg.",
  "trouble.no-database": "Der Server erreicht seine Datenbank nicht.",
  "trouble.no-dataset": "Diesen Datensatz gibt es noch nicht.",
  "trouble.no-jquery": "In ui/vendor/ fehlt jQuery: make setup aufrufen und neu laden.",
  "trouble.no-key": "Das braucht einen Schlüssel.",
  "trouble.no-key.do": "Wer ihn betreibt, kann Ihnen einen geben.",
  "trouble.no-model": "Dieses Modell gibt es nicht.",
  "trouble.no-sense": "Die Antwort des Servers ergibt keinen Sinn.",
  "trouble.no-space": "Es kann nichts gespeichert werden.",
  "trouble.no-space.do": "Wer den Server betreibt, muss Platz schaffen.",
  "trouble.no-weights": "Eine Datei, die das Modell braucht, fehlt.",
  "trouble.not-a-picture": "Das ist kein Bild, das ich lesen kann.",
  "trouble.not-a-picture.do":
    "Geben Sie mir eine Datei in JPEG, PNG, WebP, GIF, BMP, TIFF oder HEIC.",
  "trouble.not-allowed": "Dieser Schlüssel darf das nicht.",
  "trouble.not-fetched": "Von dieser Adresse war kein Bild zu bekommen.",
  "trouble.not-ready": "Der Server ist nicht bereit.",
  "trouble.not-there": "Das gibt es auf dem Server nicht.",
  "trouble.not-valid": "Eine Angabe ist nicht so, wie sie sein muss.",
  "trouble.picture-error": "Dieses Bild ist nicht zu gebrauchen.",
  "trouble.quota": "Mehr Bilder sind nicht erlaubt.",
  "trouble.refused": "Der Server hat das abgelehnt.",
  "trouble.server-says": "Der Server sagt auf Englisch: „{detail}“",
  "trouble.slow": "Das hat zu lange gedauert.",
  "trouble.slow.do":
    "Das Bild wurde nicht rechtzeitig beantwortet. Ein kleineres ist schneller gesendet.",
  "trouble.small-picture": "Dieses Bild ist zu klein.",
  "trouble.status": "Er sagte {status} {text}.",
  "trouble.stood-still": "Das Hochladen ist stehengeblieben.",
  "trouble.stood-still.do": "Senden Sie es noch einmal.",
  "trouble.too-big": "Dieses Bild ist zu groß.",
  "trouble.unreadable": "Diese Datei ist nicht lesbar.",
  "trouble.wait": "Versuchen Sie es in ein paar Sekunden noch einmal.",

  "why.agree": "{agree} der {count} nächsten Bilder sind {name}.",
  "why.alike": "{name}, {points} von 100",
  "why.ask": "Warum?",
  "why.heat": "Was für {name} gezählt hat: je wärmer, desto mehr.",
  "why.looking": "Ich sehe genauer hin …",
  "why.nearest": "Die nächsten Bilder des Trainings",
  "why.none": "Hierfür lässt sich kein Grund zeigen.",
  "why.pictures-elsewhere":
    "Die Bilder selbst liegen in keinem Datensatz dieses Servers und lassen sich darum nicht zeigen.",
  "why.pictures-for-trainers":
    "Die Bilder selbst sieht, wer einen Schlüssel mit der Rolle train hat.",

  "outcome.added": "{what} liegt jetzt in {dataset} als {names}.",
  "outcome.added-without": "{what} liegt jetzt in {dataset} und ist nicht {names}.",
  "outcome.is": "{dataset} hat es schon. {what} ist von nun an {names}.",
  "outcome.is-a-stranger": "{dataset} hat es schon. {what} zeigt von nun an einen Fremden.",
  "outcome.is-left-out": "{dataset} hat es schon. {what} bleibt von nun an weg.",
  "outcome.knows-fewer":
    "Ein Training aus {dataset} allein würde {known} der {of} Klassen des Modells kennen.",
  "outcome.new": {
    one: "Die Klasse {names} ist dort neu.",
    other: "Die Klassen {names} sind dort neu.",
  },
  "outcome.not-cut":
    "Das Bild zeigt auch andere, und in keinem Ausschnitt wird genau diese Stelle wiedergefunden: {dataset} hat nichts bekommen. Ein Bild davon allein würde lehren.",
  "outcome.not-looked":
    "Das Bild zeigt auch andere, und das Modell kann nicht nach dieser Stelle allein suchen.",
  "outcome.not-sent":
    "Das Bild kam nicht mit und wird hier nicht aufgehoben, und der Datensatz {dataset} hat es nicht.",
  "outcome.not-there": "{dataset} hat dieses Bild nicht: Es ist nichts wegzulassen.",
  "outcome.nothing-found":
    "Das Modell fand darauf nichts: Nur ein Training mit einem anderen Rezept lernt vielleicht daraus.",
  "outcome.one-of-several":
    "Das Bild zeigt auch andere und bleibt, wie es ist: Was ein Modell für ein Gesicht hält, lernt es nicht aus einem Ausschnitt.",
  "outcome.part": "Der Ausschnitt, der es zeigt,",
  "outcome.picture": "Das Bild",
  "outcome.unchanged":
    "{dataset} hat es schon. {what} ist dort nicht {names}: Es ist nichts zu ändern.",
};
