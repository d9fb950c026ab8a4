import { flag, group, setting } from "../setting.ts";
import { oneOf } from "../units.ts";

const FORMATS = ["text", "json"] as const;

/** The settings that every command accepts. */
export const observing = group("Logging and help", {
  quiet: flag({ alias: "q", key: "log.quiet", help: "Log warnings and errors only" }),
  verbose: flag({ alias: "v", key: "log.verbose", help: "Also log every client" }),
  log: setting({
    hint: FORMATS.join("|"),
    default: "text",
    words: FORMATS,
    key: "log.format",
    parse: oneOf(...FORMATS),
    help: "How to log, to standard error",
  }),
  help: flag({ alias: "h", key: null, help: "Explain every flag; -h: the short form" }),
});
