"""One signed-in page of the product, and what it complained about.

Duty: find things as a person does, by role and by text. It MUST NOT reach into the page's modules.
"""

from __future__ import annotations

from playwright.async_api import ConsoleMessage, Error, Locator, Page, expect

from tests.conformance.process import ADMIN_KEY

WITHIN_MS = 15_000
CONNECTS_WITHIN_MS = 30_000
"""A page gives a socket up after 12 s and tries again: on a busy machine that is no failure."""
LISTEN = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""

CLOSE_AND_PRESS = """([id, key]) => {
  document.getElementById(id).close();
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
}"""
"""A key right after Escape, before the browser has told the page that its dialog is closed."""


class Screen:
    """A page that keeps its errors; ``check_quiet`` fails when there were any."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.forgiven: tuple[str, ...] = ()
        page.set_default_timeout(WITHIN_MS)
        page.on("console", self._said)
        page.on("pageerror", self._failed)

    @classmethod
    async def open(cls, page: Page, base: str) -> Screen:
        """Watch a fresh page."""
        await page.add_init_script(LISTEN)
        return cls(page, base)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.message}")

    def forgive(self, *parts: str) -> None:
        """Expect complaints that the test itself provokes, such as those about a dead network."""
        self.forgiven += parts

    async def check_quiet(self) -> None:
        """No console error, no uncaught error, no breach of the content policy."""
        kept = [each for each in self.complaints if not any(part in each for part in self.forgiven)]
        assert not kept, kept
        assert await self.page.evaluate("window.violations") == []

    async def sign_in(self, key: str, agent: str = "") -> None:
        """Sign in with the call that the sign-in page makes, and wait until all is live."""
        said = {"key": key, "agent": agent} if agent else {"key": key}
        address, own = f"{self.base}/v1/session", {"Origin": self.base}
        answer = await self.page.context.request.post(address, data=said, headers=own)
        assert answer.ok, await answer.text()
        await self.page.goto(f"{self.base}/{'agent' if agent else 'board'}")
        await self.connected()

    async def sign_in_by_link(self, key: str, agent: str = "") -> None:
        """Sign in through the link that ``interlock demo`` prints, and wait until all is live."""
        fragment = f"key={key}&agent={agent}" if agent else f"key={key}"
        await self.page.goto(f"{self.base}/login#{fragment}")
        await self.page.wait_for_url("**/agent" if agent else "**/board")
        await self.connected()

    async def sign_in_as(self, agent: str) -> None:
        """Sign in as this agent, with the key that opens everything."""
        await self.sign_in(ADMIN_KEY, agent)

    async def connected(self) -> None:
        """Wait until the page says that it is live."""
        await self.connection("connected")

    async def connection(self, *states: str) -> None:
        """Wait for one of these connection states."""
        wanted = ",".join(f'[data-connection="{state}"]' for state in states)
        await expect(self.page.locator(wanted)).to_be_visible(timeout=CONNECTS_WITHIN_MS)

    async def be_available(self) -> None:
        """Press Available and wait until the server said so."""
        await self.button("Available").click()
        await self.shows("Offers can reach you")

    def button(self, name: str) -> Locator:
        """The button whose name begins so."""
        return self.page.get_by_role("button", name=name)

    def card(self, name: str) -> Locator:
        """The card, offer or conversation, of the customer with this name."""
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.get_by_role("article").filter(has=heading)

    @property
    def offers(self) -> Locator:
        """All offer cards."""
        return self.page.locator("[data-offer]")

    @property
    def held(self) -> Locator:
        """All cards of conversations in hand or in wrap-up."""
        return self.page.locator("[data-conversation]")

    async def shows(self, text: str) -> None:
        """Wait until this text is before the eyes; the live regions are for other ears."""
        await expect(self.page.locator("#app").get_by_text(text).first).to_be_visible(
            timeout=WITHIN_MS
        )
