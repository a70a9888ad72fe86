"""Whoever uses a host that runs, by its API: they keep their cookies, and read the mails of a demo."""

import http.cookiejar
import json
import re
import sys
import time
import urllib.error
import urllib.request


class Browser:
    """Keeps its cookies, and sends what a browser sends on this origin."""

    def __init__(self, origin):
        self.origin, self.jar = origin, http.cookiejar.CookieJar()
        self.open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        ).open

    def ask(self, path, body=None, expect=200):
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            answer = self.open(urllib.request.Request(self.origin + path, data, headers), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        if answer.status != expect:
            sys.exit(f"{path}: {answer.status} where {expect} was due: {text[:500]!r}")
        print(f"{answer.status} {path} {len(text)} bytes")
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def cookies(self):
        return {cookie.name: cookie.value for cookie in self.jar}

    def sign_in_as_customer(self, address):
        """By the code that is mailed to this address: one that was not there before."""
        before = self.mails()
        self.ask("/api/sign-in/portal", {"email": address}, expect=202)
        self.ask("/api/sign-in/portal/code", {"code": self.mailed_code(address, before)})

    def mails(self):
        """Where each mail in the mailbox is read, and the row that says to whom it went."""
        rows = self.ask("/mailbox").decode().split("<tr>")
        return {link[1]: row for row in rows if (link := re.search(r'href="(/mailbox/\d+)"', row))}

    def mailed_code(self, address, before):
        for _ in range(60):
            for link, row in self.mails().items():
                if link not in before and address in row.lower():
                    code = re.search(r"\b\d{4}[ -]?\d{4}\b", self.ask(link).decode())
                    if code:
                        return code[0]
            time.sleep(1)
        sys.exit(f"no code came for {address}")
