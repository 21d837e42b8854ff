"""Headless Chromium for the report's tests: one page, what it shows, what it says, what it asks for."""
import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import jobs

FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars"
         " --disable-background-networking --disable-component-update --disable-sync"
         " --disable-dev-shm-usage").split()


def _need():
    """Debian's chromium, its driver and its Selenium, or a reason to skip."""
    for name in ("chromium", "chromedriver"):
        if shutil.which(name) is None:
            raise jobs.Skip(f"there is no {name} here (Debian: chromium, chromium-driver)")
    try:
        from selenium import webdriver
    except ImportError as missing:
        raise jobs.Skip("there is no selenium here (Debian: python3-selenium)") from missing
    return webdriver


class Page:
    """One loaded page."""

    def __init__(self, driver, path):
        self.driver, self.address = driver, pathlib.Path(path).resolve().as_uri()
        driver.get(self.address)

    def run(self, script):
        return self.driver.execute_script(script)

    def size(self, width, height=900):
        """The window so wide inside, whatever a browser's least width is."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def colours(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def screenshot(self, path):
        self.driver.save_screenshot(path)
        return path

    def complaints(self):
        """What the console said."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses that the page asked for (and not the browser's own), but those that are in it."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"
                and event["params"]["documentURL"].split("#")[0] == self.address
                and not event["params"]["request"]["url"].startswith("data:")]


@contextlib.contextmanager
def opened(path, script=True):
    """The page in a browser of its own, with or without scripts."""
    webdriver = _need()
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(prefix="pulse-chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.add_argument("about:blank")  # not its page of news
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        if not script:
            options.add_experimental_option(
                "prefs", {"profile.managed_default_content_settings.javascript": 2})
        env = dict(os.environ, HOME=profile, TMPDIR=profile, XDG_CONFIG_HOME=profile,
                   XDG_CACHE_HOME=profile)
        driver = webdriver.Chrome(options=options, service=Service(
            shutil.which("chromedriver"), env=env, log_path=os.devnull))
        try:
            yield Page(driver, path)
        finally:
            driver.quit()
