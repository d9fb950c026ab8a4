import type { Status } from "../../observe/numbers/status.ts";
import { top as settings } from "../../settings/ctl.ts";
import { UsageError } from "../../settings/setting.ts";
import { command } from "../command.ts";
import { print } from "../print.ts";
import { entriesText, statusText } from "./queries.ts";
import { explain, replyTo, request, withQuery } from "./send.ts";

/** Moves the cursor to the top left corner, and clears the terminal. */
const CLEAR = "\x1b[H\x1b[2J";

/** `poetry ctl top`. The status arrives as events, once a second; entries are fetched for each. */
export const top = command(
  {
    name: "ctl top",
    description: "Show the status and the top entries of a running poetry, refreshed every second.",
    settings,
    examples: [["ctl top --sort hits", "Watch the most requested entries"]],
  },
  async (settled) => {
    const { socket, json, sort, limit, service } = settled.values;
    const useless = ["sort", "limit", "service"].find((flag) => json && settled.isGiven(flag));
    if (useless !== undefined)
      throw new UsageError(`--${useless} has no effect with --json, which prints no entries`);
    const path = withQuery("/entries", { sort, n: String(limit), service });
    let code: number | undefined;
    let isBusy = false;
    const draw = async (data: string) => {
      if (isBusy) return; // The last one is still being printed: skip this one.
      isBusy = true;
      const entries = json ? undefined : await replyTo(socket, path, {});
      if (typeof entries === "number") return stop(entries);
      const page = entries ? pageOf(JSON.parse(data) as Status, entries.body, process.stdout) : `${data}\n`;
      const printed = await print(1, page);
      if (printed !== 0) stop(printed);
      isBusy = false;
    };
    let failure: unknown;
    const fail = (error: unknown) => {
      failure = error;
      watching.cancel();
    };
    const watching = request(socket, "/events", { event: (data) => void draw(data).catch(fail) });
    const stop = (reason: number) => {
      code = reason;
      watching.cancel();
    };
    try {
      await watching;
      return 0;
    } catch (error) {
      if (failure !== undefined) throw failure;
      return code ?? (await explain(error)); // Events never end by themselves: `stop` was called, or poetry has ended.
    }
  },
);

/** What fits on the screen of a terminal; elsewhere a whole page, printed below the last one. */
function pageOf(status: Status, entries: string, { isTTY, rows = 40, columns = 120 }: Terminal): string {
  const text = `${statusText(status)}\n${entriesText(entries)}`;
  if (!isTTY) return `${text}\n`;
  const lines = text.split("\n").slice(0, rows - 1);
  return CLEAR + lines.map((line) => line.slice(0, columns)).join("\n");
}

/** What of `process.stdout` matters here. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
}
