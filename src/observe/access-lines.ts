import { escapeControlsInJson } from "../protocols/printable.ts";
import { timeOfDay } from "../time/time-of-day.ts";

/**
 * What the access log says about a client once it has left; its keys are those of JSON lines. Unknown facts are absent.
 */
export interface ClientLine {
  readonly msg: "client";
  readonly service: string;
  readonly conn: number | undefined;
  readonly fetch: number | undefined;
  readonly client_ip: string | undefined;
  readonly client_port: number | undefined;
  readonly request: string | undefined;
  readonly cache: string | undefined;
  readonly age_s: number | undefined;
  readonly upstream?: string;
  readonly attempts?: number;
  readonly wait_s: number | undefined;
  readonly total_s: number | undefined;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly ending: string;
}

/** What the access log says about a finished fetch. */
export interface FetchLine {
  readonly msg: "fetch";
  readonly service: string;
  readonly fetch: number;
  readonly upstream: string;
  readonly request: string | undefined;
  readonly cause: string;
  readonly waiters: number;
  readonly bytes: number | undefined;
  readonly stored: boolean;
  readonly why_not: string | undefined;
  readonly attempts: number;
  readonly connect_s: number | undefined;
  readonly first_byte_s: number | undefined;
  readonly total_s: number | undefined;
  readonly reason: string | undefined;
  readonly ending: string;
}

/** A line as JSON, without its end. */
export function asJson(line: ClientLine | FetchLine): string {
  return escapeControlsInJson(JSON.stringify({ ts: timeOfDay().toISOString(), level: "info", ...line }));
}

/** A line as text, without its end: always the same fields in the same order, `-` for absent ones. */
export function asText(line: ClientLine | FetchLine): string {
  const ts = timeOfDay().toISOString();
  const request = line.request === undefined ? "-" : `"${line.request}"`;
  if (line.msg === "client") {
    const { service, conn, client_ip: ip, client_port: port, cache, fetch, upstream, attempts } = line;
    const client = ip === undefined ? "-" : `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
    const times = slashed(line.age_s, line.wait_s, line.total_s);
    return `${ts} ${service}/${field(conn)} ${client} ${field(cache)} ${slashed(fetch, attempts)} ${field(upstream)} ${times} ${line.bytes_in}/${line.bytes_out} ${line.ending} ${request}`;
  }
  const { service, fetch, attempts, upstream, cause, waiters, bytes, stored, why_not: why } = line;
  const times = slashed(line.connect_s, line.first_byte_s, line.total_s);
  const kept = stored ? "stored" : field(why);
  return `${ts} ${service}/fetch ${upstream} ${cause} ${fetch}/${attempts} ${waiters} ${times} ${field(bytes)} ${kept} ${line.ending} ${request}`;
}

/** A field of a text line. */
function field(value: number | string | undefined): string {
  return value === undefined ? "-" : String(value);
}

function slashed(...values: readonly (number | undefined)[]): string {
  return values.map(field).join("/");
}
