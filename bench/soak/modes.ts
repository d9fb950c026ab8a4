import { canBeDeaf } from "../../test/support/deaf-port.ts";
import { COMPLETE, REFUSAL } from "./answer.ts";
import { MAX_ANSWER } from "./upstream.ts";

/** A way to run the proxy, and what its peers have to know about it. */
export interface Mode {
  readonly name: string;
  readonly flags: readonly string[];
  /** Whether clients send a request, in a line. */
  readonly asks: boolean;
  /** Whether --complete detects half an answer. */
  readonly cuts: boolean;
  /** Whether --refusal detects a refusal. */
  readonly refuses: boolean;
  /** Whether the upstream stops listening now and then; if not, every connection to it can be counted. */
  readonly vanishes: boolean;
  /** Whether another upstream comes first, which silently drops every attempt to connect. */
  readonly isBlackholed: boolean;
  /**
   * Which requests are answered from the cache; the others are piped, with the end that the upstream makes. Absent:
   * all.
   */
  readonly shared: RegExp | undefined;
}

/** The longest that a proxy of any mode lets a client wait, with a margin for a busy machine. */
export const PATIENCE_MS = 15_000;

/** The flags of all modes: limits low enough to be reached. */
export const LIMITS = [
  "--first-byte-timeout=300ms",
  "--idle-timeout=300ms",
  "--total-timeout=2s",
  "--send-timeout=3s",
  "--linger=500ms",
  `--max-answer=${MAX_ANSWER}`,
  "--log=json",
  "--access-log=all",
];

/** Clients also send garbage as requests; keeping the answers must not look like a leak. */
const LINES = ["--request", "line", "--request-timeout", "1s", "--max-memory", "2MiB"];

/** The modes whose upstream never stops listening. */
const STEADY: ReadonlySet<string> = new Set([
  "coalesce only",
  "complete",
  "grace",
  "refusals",
  "stream line",
]);

const BLACKHOLE = "blackhole";
/** The requests that are answered from the cache where others are piped. */
const SHARED = "^poem-[1-6]$";

const MODES: readonly Mode[] = [
  mode("none", "--ttl", "50ms"),
  mode("coalesce only", "--ttl", "0", "--send-buffer", "32KiB"),
  mode("complete", "--ttl", "50ms", "--retries", "3", "--complete", COMPLETE),
  mode("line", ...LINES, "--ttl", "100ms", "--max-fetches", "4", "--max-queue", "4", "--retries", "0"),
  mode("grace", ...LINES, "--ttl", "50ms", "--grace", "200ms", "--refresh-ahead", "20%"),
  mode("refusals", ...LINES, "--ttl", "50ms", "--stale-if-error", "300ms", "--refusal", `^${REFUSAL.trim()}`),
  mode("pipes", ...LINES, "--ttl", "50ms", "--cacheable", SHARED, "--pipe-idle-timeout", "300ms"),
  mode("few entries", ...LINES, "--ttl", "1s", "--max-entries", "5"),
];

const BLACKHOLED: readonly Mode[] = [
  mode(BLACKHOLE, "--ttl", "50ms", "--connect-timeout", "100ms"),
  mode(`${BLACKHOLE} line`, ...LINES, "--ttl", "50ms", "--connect-timeout", "100ms", "--choose", "spread"),
];

/** Modes with a flag that not every version has. */
const STREAMING: readonly Mode[] = [
  mode("stream", "--stream", "--ttl", "50ms"),
  mode("stream refusals", "--stream", "--ttl", "50ms", "--refusal", `^${REFUSAL.trim()}`),
  mode("stream line", ...LINES, "--stream", "--ttl", "50ms", "--retries", "2"),
];

/** The modes that this executable knows. */
export function modesOf(executable: string): Mode[] {
  const help = Bun.spawnSync([executable, "proxy", "--help"]).stdout.toString();
  const streaming = help.includes("--stream") ? STREAMING : [];
  const blackholed = help.includes("--choose") && canBeDeaf ? BLACKHOLED : [];
  return [...MODES, ...streaming, ...blackholed];
}

function mode(name: string, ...flags: string[]): Mode {
  const has = (flag: string) => flags.includes(flag);
  return {
    name,
    flags,
    asks: has("line"),
    cuts: has("--complete"),
    refuses: has("--refusal"),
    vanishes: !STEADY.has(name),
    isBlackholed: name.startsWith(BLACKHOLE),
    shared: has(SHARED) ? new RegExp(SHARED) : undefined,
  };
}
