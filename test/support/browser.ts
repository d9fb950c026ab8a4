import { existsSync } from "node:fs";

const CHROMIUM = "/usr/bin/chromium";

/** Whether there is a browser to test pages with. */
export const hasBrowser = existsSync(CHROMIUM) || process.env.POETRY_PEERS === "required";

/** A page in headless Chromium. */
export class Browser implements Disposable {
  readonly #view: Bun.WebView;
  /** Errors and warnings of the page. */
  readonly complaints: string[] = [];

  private constructor(width: number) {
    this.#view = new Bun.WebView({
      width,
      height: 800,
      backend: {
        type: "chrome",
        path: CHROMIUM,
        argv: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      },
      console: (type, ...texts) => {
        if (type === "error" || type === "warning") this.complaints.push(texts.map(String).join(" "));
      },
    });
  }

  /** Opens `url`. */
  static async open(url: string, { width = 1000, runsScripts = true } = {}): Promise<Browser> {
    const browser = new Browser(width);
    const view = browser.#view;
    await view.navigate("about:blank");
    const note = `document.addEventListener("securitypolicyviolation", (event) => console.error("policy", event.blockedURI, event.violatedDirective))`;
    await view.cdp("Page.enable");
    await view.cdp("Page.addScriptToEvaluateOnNewDocument", { source: note });
    if (!runsScripts) await view.cdp("Emulation.setScriptExecutionDisabled", { value: true });
    await view.navigate(url);
    return browser;
  }

  /** The value of an expression in the page. */
  evaluate<T>(script: string): Promise<T> {
    return this.#view.evaluate<T>(script);
  }

  /** Resolves when an expression is true in the page; checked in every frame. */
  async until(condition: string): Promise<void> {
    await this.evaluate(`new Promise((done) => {
      const look = () => (${condition}) ? done(true) : setTimeout(look, 20);
      look();
    })`);
  }

  /** A command of the DevTools protocol. */
  cdp<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
    return this.#view.cdp<T>(method, params);
  }

  /** All visible text of the page. */
  text(): Promise<string> {
    return this.evaluate("document.body.innerText");
  }

  [Symbol.dispose](): void {
    this.#view.close();
  }
}
