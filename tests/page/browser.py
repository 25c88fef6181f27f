"""Drives a headless Chromium over --remote-debugging-pipe: looks at pages, and takes pictures of them.

Usage: browser.py check NAME=PAGE.html...
       browser.py shoot PAGE.html OUT.png SCHEME WIDTH HEIGHT
       browser.py print PAGE.html OUT.pdf
SCHEME is light, dark or print; HEIGHT 0 is the whole page. With AXE in the environment, that file
is axe-core's axe.min.js; with BROWSER, that is the Chromium.
"""
import base64
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile

PATIENCE = 120  # seconds for one answer, on the slowest machine


def find_browser():
    names = [os.environ.get("BROWSER"), "chromium-headless-shell", "chromium", "chromium-browser"]
    for name in names:
        found = shutil.which(name) if name else None
        if found:
            return found
    sys.exit("browser.py: no Chromium is installed: scripts/dependencies check")


class Browser:
    """One Chromium with one tab. Messages are JSON with a NUL behind each."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pumpwatch-browser.")
        to_read, self.to = os.pipe()
        self.source, from_write = os.pipe()

        def place():
            # Above 9 first, so that neither overwrites the other.
            reader, writer = os.dup(to_read), os.dup(from_write)
            while reader < 10:
                reader = os.dup(reader)
            while writer < 10:
                writer = os.dup(writer)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen(
            [find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-default-apps", "--disable-extensions", "--disable-sync", "--hide-scrollbars",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + self.folder,
             "--remote-debugging-pipe"],
            preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.folder, "log"), "wb"),
            env=dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder))
        os.close(to_read)
        os.close(from_write)
        self.rest = b""
        self.number = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.source)
        shutil.rmtree(self.folder, ignore_errors=True)

    def receive(self):
        while b"\0" not in self.rest:
            if not select.select([self.source], [], [], PATIENCE)[0]:
                sys.exit("browser.py: Chromium did not answer")
            more = os.read(self.source, 1 << 20)
            if not more:
                with open(os.path.join(self.folder, "log"), "rb") as log:
                    sys.exit("browser.py: Chromium has ended: " + log.read()[-2000:].decode("utf-8", "replace"))
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit("browser.py: %s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def await_event(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def load(self, path):
        self.events = []
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.await_event("Page.loadEventFired")

    def run(self, script):
        """The value of an expression; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit("browser.py: %s" % json.dumps(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    def look(self, scheme, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        media = "print" if scheme == "print" else "screen"
        color = "light" if scheme == "print" else scheme
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": color}])

    def print(self, width, height):
        """A PDF on paper of so many inches."""
        return base64.b64decode(self.call("Page.printToPDF", paperWidth=width, paperHeight=height)["data"])

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


class Tally:
    def __init__(self):
        self.checks = self.failures = 0
        self.page = ""

    def check(self, what, good, seen=""):
        self.checks += 1
        if not good:
            self.failures += 1
            print("%s: %s%s" % (self.page, what, ": " + str(seen)[:3000] if seen else ""))


def check_quiet(browser, tally):
    """Nothing on the console, no exception, no request but the page itself."""
    browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    said = [event for event in browser.events
            if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown",
                                   "Page.javascriptDialogOpening")]
    asked = [event["params"]["request"]["url"] for event in browser.events
             if event["method"] == "Network.requestWillBeSent"]
    tally.check("the console is quiet", not said, said)
    tally.check("nothing is asked for", len(asked) == 1, asked)


LINKS = """[...document.querySelectorAll("a[href], use[href]")].map(e => e.getAttribute("href")).filter(
    href => !href.startsWith("#") || !document.getElementById(href.slice(1)))"""
TWICE = """[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)"""


def check_links(browser, tally):
    astray = browser.run(LINKS)
    tally.check("every link leads to a place of the page", not astray, astray)
    twice = browser.run(TWICE) if tally.page != "large" else []
    tally.check("no two places have one name", not twice, twice)


# Of what has to be moved into sight on a phone axe cannot see the ground; it can on a wide screen.
AXE_RUN = """axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(results => {
    const hidden = node => document.querySelector(node.target[0]).closest(".wide");
    results.incomplete = results.incomplete.filter(
        one => one.id !== "color-contrast" || innerWidth > 600 || !one.nodes.every(hidden));
    const brief = list => list.map(one => one.id + " (" + one.impact + "): " + one.nodes.slice(0, 3).map(
        node => node.html.slice(0, 200) + " " + node.failureSummary).join(" | ") + " ... " + one.nodes.length);
    return {violations: brief(results.violations), incomplete: brief(results.incomplete),
            passes: results.passes.length};
})"""


def check_accessible(browser, tally, name):
    results = browser.run(AXE_RUN)
    tally.check("axe looks at it, " + name, results["passes"] > 15, results["passes"])
    tally.check("axe finds nothing, " + name, not results["violations"], results["violations"])
    tally.check("axe is in no doubt, " + name, not results["incomplete"], results["incomplete"])


def check_width(browser, tally, width):
    seen = browser.run("[document.documentElement.scrollWidth, [...document.querySelectorAll('body *')].filter("
                       "e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.wide, .skip, .hidden')"
                       ").slice(0, 5).map(e => e.outerHTML.slice(0, 200))]")
    tally.check("fits %d pixels" % width, seen[0] <= width, seen)


FOCUS = """(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
    return [e.tagName, e.className, e.textContent.slice(0, 40), s.outlineStyle !== "none" || e.className === "skip",
            b.left >= 0 && b.width > 0]; })()"""


def check_keyboard(browser, tally):
    """Tab comes to everything that can be used, in order, and is seen there."""
    expected = browser.run("[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter("
                           "e => e.checkVisibility({contentVisibilityAuto: true}) && !(e.closest('details:not([open])') && "
                           "e.tagName !== 'SUMMARY')).length")
    browser.run("document.activeElement.blur()")
    first, reached, unseen = None, 0, []
    for _ in range(expected):
        browser.press("Tab", 9)
        focus = browser.run(FOCUS)
        if focus[0] == "BODY":
            break
        first = first or focus
        reached += 1
        if not focus[3] or not focus[4]:
            unseen.append(focus)
    tally.check("Tab begins with the skip link", first and first[1] == "skip", first)
    tally.check("Tab comes to everything", reached == expected, (reached, expected))
    tally.check("focus is seen", not unseen, unseen)
    browser.run("document.querySelector('.skip').focus()")
    browser.press("Enter", 13)
    browser.call("Input.dispatchKeyEvent", type="char", text="\r", key="Enter")
    tally.check("the skip link leads to the main part", browser.run("location.hash") == "#main")


PAGES = {"hostile": 60, "empty": 4}
PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11)}


def check_paper(browser, tally):
    """On paper everything is open, light, and not endless."""
    browser.look("print", 700)
    closed = browser.run("[...document.querySelectorAll('details:not([open]) td')].filter("
                         "e => !e.checkVisibility()).length")
    tally.check("what is folded is printed", closed == 0, closed)
    most = PAGES.get(tally.page, 25)
    for name, (width, height) in PAPERS.items():
        if tally.page not in ("trouble", "empty") and name == "Letter":
            continue
        browser.look("dark", 1280)
        pdf = browser.print(width, height)
        pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
        tally.check("a sensible count of pages of " + name, 1 <= pages <= most, pages)
    browser.look("print", 700)
    ground = browser.run("getComputedStyle(document.documentElement).backgroundColor")
    tally.check("paper is white", ground == "rgb(255, 255, 255)", ground)


ORDER = ["What needs a person", "The fleet at a glance", "Coverage", "The last 90 days", "Rollouts", "Alerts",
         "Overdue devices", "What the results rest on", "What this page does not say"]


def check_text(browser, tally):
    """Without style the words still stand in the order of a morning."""
    browser.run("document.querySelector('style').remove()")
    text = browser.run("document.body.innerText")
    place, missing = 0, []
    for words in ORDER:
        found = text.find("\n" + words, place)
        missing += [words] if found < 0 else []
        place = max(place, found + 1)
    tally.check("the words stand in their order", not missing, missing)
    tally.check("no markup is among the words", not re.search(r"</?(b|td|span|section)>", text) or
                "hostile" in tally.page)


# Each part of the page is looked at in every way once; what differs on the others, in one or two.
LOOKS = {"trouble": [("light", 1280), ("light", 360), ("dark", 1280), ("dark", 360)], "stopped": [("light", 1280)],
         "fine": [("light", 1280)], "empty": [("dark", 1280)], "hostile": [("dark", 360)]}
BRIEFLY = [("light", 1280), ("dark", 360)]


def check_page(browser, tally, axe, path):
    browser.look("light", 1280)
    browser.load(path)
    check_quiet(browser, tally)
    check_links(browser, tally)
    if tally.page == "large":
        return  # the same parts, and too many of them for axe
    browser.run(axe + "; 0")
    for scheme, width in LOOKS.get(tally.page, BRIEFLY):
        browser.look(scheme, width)
        check_accessible(browser, tally, "%s, %d pixels" % (scheme, width))
        check_width(browser, tally, width)
    browser.look("light", 1280)
    if tally.page == "trouble":
        check_keyboard(browser, tally)
    if tally.page != "stopped":
        check_paper(browser, tally)
    browser.look("light", 1280)
    if not tally.page.startswith("sheet"):
        check_text(browser, tally)


def check(pages):
    with open(os.environ["AXE"], encoding="utf-8") as file:
        axe = file.read()
    tally = Tally()
    with Browser() as browser:
        for page in pages:
            tally.page, path = page.split("=", 1)
            check_page(browser, tally, axe, path)
    good = tally.checks - tally.failures
    print("%d%%: Checks: %d, Failures: %d, Errors: 0" % (100 * good // max(tally.checks, 1), tally.checks,
                                                          tally.failures))
    return 1 if tally.failures or not tally.checks else 0


def shoot(path, out, scheme, width, height):
    with Browser() as browser:
        browser.look(scheme, width)
        browser.load(path)
        if height == 0:
            height = browser.run("document.documentElement.scrollHeight")
        data = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1})["data"]
    with open(out, "wb") as file:
        file.write(base64.b64decode(data))
    return 0


def save_print(path, out):
    with Browser() as browser, open(out, "wb") as file:
        browser.load(path)
        file.write(browser.print(*PAPERS["A4"]))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        sys.exit(check(sys.argv[2:]))
    if sys.argv[1:2] == ["shoot"] and len(sys.argv) == 7:
        sys.exit(shoot(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6])))
    if sys.argv[1:2] == ["print"] and len(sys.argv) == 4:
        sys.exit(save_print(sys.argv[2], sys.argv[3]))
    sys.exit(__doc__)
