# Was Kunden im Portal lesen.

## Um jede Seite

skip = Zum Inhalt springen
portal = Kundenportal
demo = Dies ist eine Demo: Keine E-Mail verlässt diesen Rechner.
demo-mailbox = Postfach der Demo öffnen
language = Sprache:
account = Ihr Konto: { $name }
sign-out = Abmelden
where = Wo Sie sind
go-on = Weiter
did-not-work = Nicht gelungen

## Anmelden

sign-in = Anmelden
sign-in-how = Geben Sie Ihre E-Mail-Adresse ein. Wir schicken Ihnen dann einen Code, mit dem Sie sich anmelden; ein Passwort brauchen Sie nicht.
sign-in-which = Es muss die Adresse sein, an die Ihnen die Kanzlei schreibt.
email = E-Mail-Adresse
send-code = Code anfordern
code-title = Code eingeben
code-sent = Wenn { $email } hier bekannt ist, ist eine E-Mail mit einem Code dorthin unterwegs. Sie kommt in ein bis zwei Minuten an.
code = Code aus der E-Mail
code-hint = Acht Ziffern, mit oder ohne Leerzeichen.
code-again = Neuen Code senden
code-again-sent = Ein neuer Code ist unterwegs. Der vorige gilt nicht mehr.
no-code = Noch keine E-Mail da?
no-code-spam = Sehen Sie bitte auch im Spam-Ordner nach.
no-code-address = Ist es die Adresse, an die Ihnen die Kanzlei schreibt? Wenn nicht, nehmen Sie bitte jene.
other-address = Andere Adresse verwenden
email-missing = Bitte geben Sie Ihre E-Mail-Adresse ein.
email-long = Das ist zu lang für eine E-Mail-Adresse. Bitte prüfen Sie sie.
code-not-eight = Ein Code hat acht Ziffern. Bitte prüfen Sie Ihre Eingabe.
code-wrong = Das ist nicht der Code. Bitte nehmen Sie den Code aus der neuesten E-Mail.
code-over = Dieser Code gilt nicht mehr. Ein Code gilt zehn Minuten lang, ein einziges Mal, und nur in dem Browser, in dem er angefordert wurde. Bitte fordern Sie einen neuen an.
blocked = Mehrmals wurde ein falscher Code eingegeben. Zum Schutz Ihrer Dokumente ist die Anmeldung für { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
  } gesperrt. Bitte versuchen Sie es danach noch einmal.
too-many-codes = In kurzer Zeit wurden mehrere Codes angefordert. Bitte nehmen Sie den neuesten, oder fordern Sie in { $minutes ->
    [one] einer Minute
   *[other] { $minutes } Minuten
  } einen weiteren an.
session-ended = Ihre Sitzung ist beendet, weil eine Zeit lang nichts geschah. Bitte melden Sie sich wieder an.
session-ended-sending = Ihre Sitzung war beendet, bevor Ihre Dokumente angekommen waren; es wurde nichts gesendet. Bitte melden Sie sich an und senden Sie sie noch einmal.
signed-out = Sie sind abgemeldet.

## Akten

matters = Ihre Akten
matters-choose = Bitte wählen Sie die Akte, deren Dokumente Sie sehen möchten.
no-matter = Hier liegt zurzeit nichts für Sie
no-matter-why = Zurzeit ist keine Akte für Sie freigegeben. Wenn eine Kanzlei Ihnen Zugang gibt, schreibt sie Ihnen. Falls Sie das für einen Irrtum halten, rufen Sie bitte die Kanzlei an.
about = Zu dieser Akte
firm = Kanzlei
owner = Zuständig
opened = Angelegt
until = Ihr Zugang endet
matter-closed = Diese Akte ist geschlossen. Sie können weiterhin lesen, was hier liegt, aber nichts mehr senden.
nobody-in-charge = Zurzeit kann nichts gesendet werden, weil in der Kanzlei niemand für diese Akte zuständig ist. Bitte rufen Sie die Kanzlei an.
aside = Senden, und Angaben zu dieser Akte

## Dokumente

documents = Dokumente
documents-count = { $count ->
    [one] 1 Dokument
   *[other] { $number } Dokumente
  }
documents-count-more = { $count ->
   *[other] mehr als { $number } Dokumente
  }
documents-none = { $firm } hat noch kein Dokument mit Ihnen geteilt. Auch was Sie senden, erscheint hier.
documents-no-match = Kein Dokument hat „{ $search }“ im Namen.
documents-all = Alle Dokumente zeigen
search = Suchen
search-label = Nach Namen suchen
name = Name
changed = Geändert
created = Hinzugefügt
kind = Art
size = Größe
from = Von
version = Version
own = Von Ihnen gesendet
badge-new = Neu
badge-changed = Geändert, seit Sie es zuletzt angesehen haben
held-waiting = Zurückgehalten, bis es auf Schadsoftware geprüft ist
held-found = Abgelehnt: Es enthielt Schadsoftware
new-tab = (öffnet in einem neuen Tab)
download = Herunterladen
download-all = Alle herunterladen
download-all-what = Alle Dokumente dieser Akte in einer ZIP-Datei
page-first = Zurück zur ersten Seite
page-next = Nächste Seite
document-about = Zu diesem Dokument
preview-none = Dateien dieser Art können hier nicht angezeigt werden.
preview-encrypted = Dieses Dokument ist mit einem Passwort geschützt und kann hier deshalb nicht angezeigt werden.
preview-damaged = Dieses Dokument ist beschädigt oder nicht von der Art, die es vorgibt, und kann hier deshalb nicht angezeigt werden.
preview-too-large = Dieses Dokument ist zu groß oder zu aufwendig, um hier angezeigt zu werden.
preview-download = Laden Sie sie herunter, um sie auf Ihrem Gerät zu öffnen.
download-ask-owner = Dieses Dokument dürfen Sie nicht herunterladen. Wenn Sie es brauchen, fragen Sie bitte { $owner } bei { $firm }.
download-ask-firm = Dieses Dokument dürfen Sie nicht herunterladen. Wenn Sie es brauchen, fragen Sie bitte { $firm }.
viewer-pages = Seiten dieses Dokuments
viewer-count = { $count ->
    [one] 1 Seite
   *[other] { $count } Seiten
  }
viewer-sheet = Seite { $page } von { $count }
viewer-larger = Größer
viewer-smaller = Kleiner
viewer-before = Frühere Seiten
viewer-after = Spätere Seiten
viewer-soon = Die Seiten werden vorbereitet. Das dauert einen Moment.
viewer-drawing = Seite { $page } wird gezeichnet …
viewer-failed = Seite { $page } konnte nicht angezeigt werden.
viewer-again = Noch einmal versuchen
viewer-changed = Das Dokument hat sich geändert, seit Sie es geöffnet haben.
viewer-gone = Dieses Dokument ist für Sie nicht mehr hier.
viewer-reload = Neu öffnen
kind-pdf = PDF-Dokument
kind-picture = Bild
kind-film = Film
kind-sound = Tonaufnahme
kind-table = Tabelle
kind-slides = Präsentation
kind-text-document = Textdokument
kind-archive = ZIP-Archiv
kind-mail = E-Mail
kind-text = Einfacher Text
kind-file = Datei
bytes = { $count ->
    [one] 1 Byte
   *[other] { $count } Bytes
  }

## Senden

upload-title = Dokumente senden
upload-files = Dateien auswählen
upload-hint = Auch mehrere auf einmal. Dateien jeder Art, jede bis { $size }.
upload-camera = Oder ein Foto aufnehmen
upload-send = Senden
upload-who = Was Sie senden, sehen nur Sie und { $firm }.
upload-none = Es wurde keine Datei ausgewählt. Bitte wählen Sie eine oder mehrere Dateien aus und senden Sie sie.
upload-empty = Eine der Dateien ist leer, deshalb wurde nichts gesendet. Bitte prüfen Sie die Dateien und senden Sie sie noch einmal.
upload-too-large = Mindestens eine Datei ist zu groß, deshalb wurde nichts gesendet. Jede Datei darf bis { $size } haben. Bitte senden Sie eine kleinere, oder fragen Sie die Kanzlei nach einem anderen Weg.
upload-too-many = Das sind zu viele Dateien auf einmal, deshalb wurde nichts gesendet. Bitte senden Sie sie in mehreren Schritten.
upload-broken-off = Die Verbindung brach ab, bevor alles angekommen war; es wurde nichts gesendet. Bitte versuchen Sie es noch einmal.
upload-closed = Diese Akte wurde geschlossen, bevor Ihre Dokumente angekommen waren; es wurde nichts gesendet. Bitte rufen Sie die Kanzlei an.
upload-no-room = Hier ist zurzeit kein Platz mehr, deshalb wurde nichts gesendet. Bitte sagen Sie der Kanzlei Bescheid.
upload-malware = In einer der Dateien wurde Schadsoftware gefunden, deshalb wurde nichts gesendet. Bitte lassen Sie Ihren Computer prüfen und rufen Sie die Kanzlei an, wenn Sie Hilfe brauchen.
upload-unpacked = Eine der Dateien ist ein Archiv, das ausgepackt viel zu groß wäre, deshalb wurde nichts gesendet. Bitte senden Sie die Dokumente einzeln.
upload-other-kind = Eine der Dateien ist von anderer Art, als ihr Name sagt, deshalb wurde nichts gesendet. Bitte prüfen Sie ihre Endung, oder fragen Sie, von wem Sie sie haben.
upload-failed = Das ist nicht gelungen, und es wurde nichts gesendet. Bitte versuchen Sie es gleich noch einmal.
going-drop = Dateien hierher ziehen oder
going-end = Entfernen:
going-progress = { $sent } von { $total }
going-progress-left = { $sent } von { $total }, noch etwa { $time }
going-waiting = { $total }, wartet
going-checking = { $total }, wird geprüft
going-lost = Verbindung unterbrochen. Das Hochladen geht von selbst weiter, sobald sie wieder da ist.
going-back = Die Verbindung ist wieder da. Das Hochladen geht weiter.
going-again = { $sent } von { $total } sind angekommen. Wählen Sie dieselbe Datei noch einmal, dann geht es dort weiter.
going-ready = { $total }, bereit zum Senden
going-all-ready = Alles ist bereit. Gesendet wird es, wenn Sie auf „Senden“ drücken.
going-here = { $total }, vollständig
going-so-far = { $percent } hochgeladen
going-taken-away = { $name } wurde entfernt.
going-signed-out = Sie wurden abgemeldet. Bitte melden Sie sich wieder an und wählen Sie dieselbe Datei: Es geht dort weiter, wo es aufgehört hat.
going-closed = Das kann nicht mehr gesendet werden. Bitte laden Sie die Seite neu.
going-too-large = Zu groß: Jede Datei darf bis zu { $size } haben.
going-empty = Diese Datei ist leer.
going-unreadable = Diese Datei wurde geändert oder verschoben, nachdem Sie sie gewählt hatten. Bitte wählen Sie sie noch einmal.
going-folder = Ein Ordner kann nicht gesendet werden. Bitte wählen Sie die Dateien darin.
going-already = { $name } steht schon in der Liste.
going-photo = Foto
going-sending = Ihre Dokumente werden gesendet.
going-told = { $firm } wird benachrichtigt.
going-told-owner = { $owner } bei { $firm } wird benachrichtigt.
going-told-owner-more = { $owner } und { $others } weitere bei { $firm } werden benachrichtigt.
sent-title = Ihre Dokumente sind angekommen
sent-what = { $count ->
    [one] { $firm } hat Ihr Dokument erhalten und wurde benachrichtigt.
   *[other] { $firm } hat Ihre { $count } Dokumente erhalten und wurde benachrichtigt.
  }
sent-when = Erhalten:
sent-before = Denselben Inhalt haben Sie schon einmal gesendet, als „{ $name }“.
sent-more = Und { $count } weitere.
fingerprint = Fingerabdruck
fingerprint-what = Der SHA-256-Fingerabdruck der Datei, wie sie angekommen ist. Damit können Sie belegen, dass es diese Datei war und keine andere.
to-documents = Zu den Dokumenten
send-more = Weitere senden

## Was schiefgeht

not-here = Nicht hier
not-here-why = Diese Seite gibt es nicht, oder sie ist nicht für Sie bestimmt. Vielleicht wurde sie verschoben, oder sie wird nicht mehr mit Ihnen geteilt.
not-allowed = Nicht möglich
firm-off = Das Portal ist abgeschaltet
firm-off-why = Die Kanzlei hat ihr Kundenportal abgeschaltet. Lesen, Herunterladen und Senden sind zurzeit nicht möglich. Von Ihren Dokumenten wurde nichts gelöscht. Bitte wenden Sie sich direkt an die Kanzlei.
no-download-why = In dieser Akte dürfen Sie nicht herunterladen. Wenn Sie ein Dokument brauchen, fragen Sie bitte die Kanzlei.
nothing-to-download-why = Hier ist kein Dokument, das heruntergeladen werden könnte.
not-allowed-why = Das dürfen Sie hier nicht.
too-often = Zu oft
too-often-why = Danach wurde in kurzer Zeit zu oft gefragt. Bitte warten Sie ein wenig und versuchen Sie es noch einmal.
one-moment = Einen Moment bitte
one-moment-why = Das geht im Augenblick nicht. Bitte versuchen Sie es gleich noch einmal.
went-wrong = Etwas ist schiefgegangen
went-wrong-why = Bei uns ist etwas schiefgegangen. Es wurde nichts geändert. Bitte versuchen Sie es gleich noch einmal.
cannot-be-used = Das ist nicht gelungen
cannot-be-used-why = Was gesendet wurde, kann nicht verwendet werden. Es wurde nichts geändert.
to-matters = Zu Ihren Akten
held-title = Dieses Dokument wird zurückgehalten
held-detail = Es ist noch nicht auf Schadsoftware geprüft. Sobald das geschehen ist, wird es gezeigt; bitte versuchen Sie es später noch einmal.
refused-title = Dieses Dokument wurde abgelehnt
refused-detail = Es enthielt Schadsoftware, und sein Inhalt wurde entfernt. Niemand hat ihn erhalten.
