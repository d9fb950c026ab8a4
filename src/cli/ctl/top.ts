import type { Status } from "../../observe/numbers/status.ts";
import { top as settings } from "../../settings/ctl.ts";
import { UsageError } from "../../settings/setting.ts";
import { command } from "../command.ts";
import { print } from "../print.ts";
import { entriesText, statusText } from "./looking.ts";
import { answerOf, asking, explain, withQuery } from "./order.ts";

/** Clears the terminal, and puts the cursor into its corner. */
const CLEAR = "\x1b[H\x1b[2J";

/** `poetry ctl top`. */
export const top = command(
  {
    name: "ctl top",
    description: "Show the status and the top entries of a running poetry, anew every second.",
    settings,
    examples: [["ctl top --sort hits", "Watch what is asked for most"]],
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
      if (isBusy) return; // Printing takes longer than a second: skip this one.
      isBusy = true;
      const entries = json ? undefined : await answerOf(socket, path, {});
      if (typeof entries === "number") return stop(entries);
      const page = entries ? pageOf(JSON.parse(data) as Status, entries.body, process.stdout) : `${data}\n`;
      const printed = await print(1, page);
      if (printed !== 0) stop(printed);
      isBusy = false;
    };
    const watching = asking(socket, "/events", { event: (data) => void draw(data) });
    const stop = (reason: number) => {
      code = reason;
      watching.cancel();
    };
    try {
      await watching;
      return 0;
    } catch (error) {
      return code ?? (await explain(error)); // Events have no end: the process has ended, or nobody reads any more.
    }
  },
);

/** A screen of a terminal; elsewhere, pages are printed one after the other. */
function pageOf(status: Status, entries: string, { isTTY, rows = 40, columns = 120 }: Terminal): string {
  const text = `${statusText(status)}\n${entriesText(entries)}`;
  if (!isTTY) return `${text}\n`;
  const lines = text.split("\n").slice(0, rows - 1);
  return CLEAR + lines.map((line) => line.slice(0, columns)).join("\n");
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
}
