import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import type { Status } from "../../observe/numbers/status.ts";
import type { HttpResponse } from "../response.ts";
import script from "./draw.browser.js" with { type: "text" };
import { html } from "./html.ts";
import style from "./page.css" with { type: "text" };
import { statusHtml } from "./status-html.ts";

/** The Content-Security-Policy: only resources of this server, nothing inline, and no frames. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The status page. It works without JavaScript, reloading every 10 seconds; with JavaScript it is updated in place. */
export function pageOf(status: Status): HttpResponse {
  const { text: body } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>poetry</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="uplot.css" />
        <link rel="stylesheet" href="page.css" />
        <noscript><meta http-equiv="refresh" content="10" /></noscript>
        <script defer src="uplot.js"></script>
        <script defer src="page.js"></script>
      </head>
      <body>
        <h1>poetry</h1>
        <p id="lost" class="bad" role="status" hidden>Connection lost: this is the last known status.</p>
        <main id="status">${statusHtml(status)}</main>
        <p id="choice" hidden>
          <label
            >Plots of
            <select id="service"></select
          ></label>
        </p>
        <div id="plots" hidden></div>
      </body>
    </html> `;
  return { type: "text/html; charset=utf-8", body, headers: { "Content-Security-Policy": POLICY } };
}

/** The other files of the page, by path; all are part of the executable. */
export const FILES: Readonly<Record<string, HttpResponse>> = {
  "/page.css": { type: "text/css; charset=utf-8", body: style },
  "/page.js": { type: "text/javascript; charset=utf-8", body: script },
  "/uplot.css": { type: "text/css; charset=utf-8", body: uplotStyle },
  "/uplot.js": { type: "text/javascript; charset=utf-8", body: uplotScript },
};
