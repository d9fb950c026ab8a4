import ms from "ms";
import { sizeText } from "../../observe/numbers/size.ts";
import type { ServiceStatus, Status, UpstreamStatus } from "../../observe/numbers/status.ts";
import { html, type Html } from "./html.ts";

/** The status as tables; page.js inserts the same HTML when an event brings it. */
export function statusHtml(status: Status): Html {
  const { version, draining, up_s: up, memory_bytes: memory, loop_lag_s: lag, time, services } = status;
  const upstreams = services.flatMap(({ name, upstreams: all }) => all.map((each) => ({ name, each })));
  return html` <p class="state ${draining ? "bad" : "good"}">${draining ? "Draining" : "Serving"}</p>
    <p class="facts">
      poetry ${version}, up ${duration(up)}, ${sizeText(memory)} of memory, longest delay of the event loop
      ${duration(lag)}, at <time datetime="${time}">${clock(time)}</time>
    </p>
    <table>
      <caption>
        Services
      </caption>
      ${headings("service", "clients", "waiting", "per second", "hits", "failed", "entries", "memory", "fetches", "queue")}
      <tbody>
        ${services.map(serviceRow)}
      </tbody>
    </table>
    ${upstreams.length > 0 ? upstreamTable(upstreams) : undefined}`;
}

/** The head of a table. Narrow screens hide it and show each cell's `data-label` instead. */
function headings(...names: readonly string[]): Html {
  return html`<thead>
    <tr>
      ${names.map((name) => html`<th scope="col">${name}</th> `)}
    </tr>
  </thead>`;
}

/** Rates are those of the last 10 seconds, hit ratios of the last 100; totals are since the start. */
function serviceRow({ name, clients, waiters, requests, cache, fetches }: ServiceStatus): Html {
  const { last_10s: now, last_100s: recent, all } = requests;
  return html`<tr>
    <th scope="row" data-label="service">${name}</th>
    <td data-label="clients">
      ${clients.now}<small
        >, peak ${clients.max}${clients.limit === null ? "" : ` of ${clients.limit}`}</small
      >
    </td>
    <td data-label="waiting">${waiters ?? "–"}</td>
    <td data-label="per second">${now.per_s.toFixed(1)}<small>, ${all.served} in total</small></td>
    <td data-label="hits">
      ${percent(recent.hit_ratio)}<small>${recent.hit_ratio === undefined ? "" : " in 100 s"}</small>
    </td>
    <td data-label="failed" class="${recent.failed > 0 ? "bad" : ""}">${all.failed}</td>
    <td data-label="entries">${cache?.entries ?? "–"}</td>
    <td data-label="memory">
      ${cache ? html`${sizeText(cache.bytes)}<small> of ${sizeText(cache.limit)}</small>` : "–"}
    </td>
    <td data-label="fetches">
      ${fetches ? html`${fetches.in_flight}<small> of ${fetches.limit}</small>` : "–"}
    </td>
    <td data-label="queue" class="${fetches && fetches.queue > 0 ? "bad" : ""}">${fetches?.queue ?? "–"}</td>
  </tr> `;
}

function upstreamTable(upstreams: readonly { readonly name: string; readonly each: UpstreamStatus }[]): Html {
  return html`<table>
    <caption>
      Upstreams
    </caption>
    ${headings("upstream", "service", "state", "last answer", "fetches", "failed", "average", "longest")}
    <tbody>
      ${upstreams.map(({ name, each }) => upstreamRow(name, each))}
    </tbody>
  </table>`;
}

function upstreamRow(service: string, upstream: UpstreamStatus): Html {
  const { name, up, why, held_until: until, last_success: last, fetches, failures } = upstream;
  return html`<tr>
    <th scope="row" data-label="upstream">${name}</th>
    <td data-label="service">${service}</td>
    <td data-label="state" class="${up ? "good" : "bad"}">
      ${up ? "up" : `held until ${clock(until ?? "")}: ${why}`}
    </td>
    <td data-label="last answer">${last === undefined ? "–" : clock(last)}</td>
    <td data-label="fetches">${fetches}</td>
    <td data-label="failed">${failures}</td>
    <td data-label="average">${upstream.average_s === undefined ? "–" : duration(upstream.average_s)}</td>
    <td data-label="longest">${upstream.max_s === undefined ? "–" : duration(upstream.max_s)}</td>
  </tr> `;
}

/** Seconds as `350ms`, `3h`. */
function duration(seconds: number): string {
  return ms(Math.round(seconds * 1000));
}

/** The time of day of an ISO date, in UTC. */
function clock(moment: string): string {
  return `${moment.slice(11, 19)} UTC`;
}

function percent(ratio: number | undefined): string {
  return ratio === undefined ? "–" : `${(100 * ratio).toFixed(1)} %`;
}
