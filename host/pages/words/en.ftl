# What customers read in the portal. Every language has each of these messages, with the same variables.

## Around every page

skip = Skip to the page
portal = Client portal
demo = This is a demo: no mail leaves this machine.
demo-mailbox = Open its mailbox
language = Language:
account = Your account: { $name }
sign-out = Sign out
where = Where you are
go-on = Continue
did-not-work = Did not work

## Signing in

sign-in = Sign in
sign-in-how = Type in your e-mail address. We then mail you a code to sign in with; you need no password.
sign-in-which = It has to be the address at which the firm writes to you.
email = E-mail address
send-code = Send me a code
code-title = Type in your code
code-sent = If { $email } is known here, a mail with a code is on its way to it. It arrives within a minute or two.
code = Code from the mail
code-hint = Eight digits. You can type them with or without the space.
code-again = Send a new code
code-again-sent = A new code is on its way. The one before is no longer valid.
no-code = No mail there yet?
no-code-spam = Please look in your spam or junk folder, too.
no-code-address = Is it the address at which the firm writes to you? If not, use that one.
other-address = Use another address
email-missing = Please type in your e-mail address.
email-long = This is too long for an e-mail address. Please check it.
code-not-eight = A code has eight digits. Please check what you typed.
code-wrong = This is not the code. Please use the code from the newest mail.
code-over = This code is no longer valid. Codes work for ten minutes, once, and only in the browser in which you asked for them. Please ask for a new one.
blocked = A wrong code was typed in several times. To protect your documents, signing in is closed for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
  }. Please try again after that.
too-many-codes = Several codes were asked for in a short time. Please use the newest one, or ask again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
  }.
session-ended = Your session is over: it ends when nothing was done for a while. Please sign in again.
session-ended-sending = Your session was over before your documents had arrived, so nothing was sent. Please sign in, and send them again.
signed-out = You are signed out.

## Matters

matters = Your matters
matters-choose = Please choose the matter whose documents you would like to see.
no-matter = There is nothing here for you at the moment
no-matter-why = No matter is open to you right now. When a firm gives you access to one, it writes to you. If you think that this is a mistake, please call the firm.
about = About this matter
firm = Firm
owner = Person in charge
opened = Opened
until = Your access ends
matter-closed = This matter is closed. You can still read what is here, but nothing more can be sent.
nobody-in-charge = Nothing can be sent at the moment, because nobody at the firm is in charge of this matter. Please call the firm.
aside = Sending, and about this matter

## Documents

documents = Documents
documents-count = { $count ->
    [one] 1 document
   *[other] { $number } documents
  }
documents-count-more = { $count ->
   *[other] more than { $number } documents
  }
documents-none = { $firm } has not shared any document with you yet. What you send appears here too.
documents-no-match = No document has “{ $search }” in its name.
documents-all = Show all documents
search = Search
search-label = Search by name
name = Name
changed = Changed
created = Added
kind = Kind
size = Size
from = From
version = Version
own = Sent by you
badge-new = New
badge-changed = Changed since you last looked
held-waiting = Held back until it was scanned for malware
held-found = Refused: malware was found in it
new-tab = (opens in a new tab)
download = Download
download-all = Download all
download-all-what = All documents of this matter in one ZIP file
page-first = Back to the first page
page-next = Next page
document-about = About this document
preview-none = Files of this kind cannot be shown here.
preview-encrypted = This document is protected with a password, so it cannot be shown here.
preview-damaged = This document is damaged, or is not what its kind says, so it cannot be shown here.
preview-too-large = This document is too large or too complex to be shown here.
preview-download = Download it to open it on your device.
download-ask-owner = You may not download this document. If you need it, please ask { $owner } at { $firm }.
download-ask-firm = You may not download this document. If you need it, please ask { $firm }.
viewer-pages = Pages of this document
viewer-count = { $count ->
    [one] 1 page
   *[other] { $count } pages
  }
viewer-sheet = Page { $page } of { $count }
viewer-larger = Larger
viewer-smaller = Smaller
viewer-before = Earlier pages
viewer-after = Later pages
viewer-soon = The pages are being prepared. This takes a moment.
viewer-drawing = Page { $page } is being drawn…
viewer-failed = Page { $page } could not be shown.
viewer-again = Try again
viewer-changed = The document has changed since you opened it.
viewer-gone = This document is no longer here for you.
viewer-reload = Open it again
kind-pdf = PDF document
kind-picture = Picture
kind-film = Film
kind-sound = Sound recording
kind-table = Spreadsheet
kind-slides = Presentation
kind-text-document = Text document
kind-archive = ZIP archive
kind-mail = E-mail
kind-text = Plain text
kind-file = File
bytes = { $count ->
    [one] 1 byte
   *[other] { $count } bytes
  }

## Sending

upload-title = Send documents
upload-files = Choose files
upload-hint = Several at once are fine. Any kind of file, each up to { $size }.
upload-camera = Or take a photo
upload-send = Send
upload-who = Only you and { $firm } can see what you send.
upload-none = No file was chosen. Please choose one or more files, and send them.
upload-empty = One of the files is empty, so nothing was sent. Please check the files, and send them again.
upload-too-large = At least one file is too large, so nothing was sent. Each file may have up to { $size }. Please send a smaller one, or ask the firm for another way.
upload-too-many = These are too many files at once, so nothing was sent. Please send them in several goes.
upload-broken-off = The connection broke off before everything had arrived, so nothing was sent. Please try again.
upload-closed = This matter was closed before your documents had arrived, so nothing was sent. Please call the firm.
upload-no-room = There is no room left here at the moment, so nothing was sent. Please tell the firm.
upload-malware = Malware was found in one of the files, so nothing was sent. Please have your computer checked, and tell the firm by telephone if you need help.
upload-unpacked = One of the files is an archive that would unpack to far too much, so nothing was sent. Please send its documents by themselves.
upload-other-kind = One of the files is another kind of file than its name says, so nothing was sent. Please check its ending, or ask whoever gave it to you.
upload-failed = This did not work, and nothing was sent. Please try again in a moment.
going-drop = Drop files here, or
going-end = Take away:
going-progress = { $sent } of { $total }
going-progress-left = { $sent } of { $total }, about { $time } left
going-waiting = { $total }, waits for its turn
going-checking = { $total }, being checked
going-lost = Connection lost. The upload goes on by itself when it is back.
going-back = The connection is back. The upload goes on.
going-again = { $sent } of { $total } have arrived. Choose the same file again, and it goes on from there.
going-ready = { $total }, ready to be sent
going-all-ready = Everything is ready. It is sent when you press Send.
going-here = { $total }, complete
going-so-far = { $percent } uploaded
going-taken-away = { $name } was taken away.
going-signed-out = You were signed out. Please sign in again and choose the same file: it goes on where it stopped.
going-closed = This can no longer be sent. Please load the page again.
going-too-large = Too large: each file may have up to { $size }.
going-empty = This file is empty.
going-unreadable = This file was changed or moved after you chose it. Please choose it again.
going-folder = A folder cannot be sent. Please choose the files in it.
going-already = { $name } is in the list already.
going-photo = Photo
going-sending = Your documents are being sent.
going-told = { $firm } is being told of it.
going-told-owner = { $owner } at { $firm } is being told of it.
going-told-owner-more = { $owner } and { $others } more at { $firm } are being told of it.
sent-title = Your documents have arrived
sent-what = { $count ->
    [one] { $firm } has received your document, and has been told of it.
   *[other] { $firm } has received your { $count } documents, and has been told of them.
  }
sent-when = Received:
sent-before = You sent the same content before, as “{ $name }”.
sent-more = And { $count } more.
fingerprint = Fingerprint
fingerprint-what = The SHA-256 fingerprint of the file, as it arrived. With it you can prove that it was this file and no other.
to-documents = To the documents
send-more = Send more

## What goes wrong

not-here = Not here
not-here-why = This page is not there, or not for you to see. It may have been moved, or is no longer shared with you.
not-allowed = Not possible
firm-off = The portal is switched off
firm-off-why = The firm has switched off its client portal. Reading, downloading and sending are not possible at the moment. Nothing of yours was deleted. Please contact the firm directly.
no-download-why = You may not download in this matter. If you need a document, please ask the firm.
nothing-to-download-why = There is no document here that could be downloaded.
not-allowed-why = You may not do this here.
too-often = Too often
too-often-why = This was asked for too often in a short time. Please wait a little, and try again.
one-moment = One moment, please
one-moment-why = This cannot be answered right now. Please try again in a moment.
went-wrong = Something went wrong
went-wrong-why = Something went wrong on our side. Nothing was changed. Please try again in a moment.
cannot-be-used = This did not work
cannot-be-used-why = What was sent cannot be used. Nothing was changed.
to-matters = To your matters
held-title = This document is held back
held-detail = It was not scanned for malware yet. It will be shown as soon as it was; please try again later.
refused-title = This document was refused
refused-detail = Malware was found in it, and its content was removed. Nobody has got it.
