import { parseAddress } from "../net/address.ts";
import { access } from "./rows/access.ts";
import { answers } from "./rows/answers.ts";
import { ADDRESS, asking, fetching } from "./rows/fetching.ts";
import { filters } from "./rows/filters.ts";
import { listening } from "./rows/listening.ts";
import { observing } from "./rows/observing.ts";
import { presets } from "./presets.ts";
import { requests } from "./rows/requests.ts";
import { flag, group, positional, positionals, setting } from "./setting.ts";
import { staleness } from "./rows/staleness.ts";
import { askingTls, gettingTls } from "./rows/tls.ts";
import { stores } from "./rows/stores.ts";
import { allowing, transforming, transformRequests } from "./rows/transforming.ts";
import { watching } from "./rows/watching.ts";
import { count, duration, finiteDuration, nonEmpty, oneOf, positiveSize } from "./units.ts";

const printing = group(observing.help.group, {
  "print-config": flag({ key: null, help: "Print the equivalent configuration file and exit" }),
});

/**
 * The settings of each command, in the order in which its help lists them. Rows that several commands share are in
 * rows/, those of `poetry ctl` in ctl.ts.
 */

/** `poetry serve`: one poem, or a directory of them. */
export const serve = {
  ...group("Poems", {
    file: positional({
      isPath: true,
      hint: "any file, read once; or a directory whose TITLE.txt files are served by title, always in their current version",
      parse: nonEmpty,
      help: "The poem",
    }),
    delay: setting({
      hint: "DURATION",
      default: "0",
      sets: "pace.delay",
      parse: finiteDuration,
      help: "Pause between two pieces of the poem; 0: send it all at once",
    }),
    "num-bytes": setting({
      hint: "N",
      default: "10",
      sets: "pace.numBytes",
      parse: count,
      help: "With --delay, the number of bytes in a piece",
    }),
    "max-poem": setting({
      hint: "SIZE",
      default: "64MiB",
      sets: "maxPoem",
      parse: positiveSize,
      help: "The longest poem to serve",
    }),
    "request-timeout": {
      ...requests["request-timeout"],
      sets: "requestTimeout" as const,
      help: "With a directory, how long a client may take to send a title; 0: no limit",
    },
  }),
  ...listening,
  ...access,
  ...watching,
  ...printing,
  ...observing,
};

/** `poetry proxy`: the caching proxy. */
export const proxy = {
  ...asking,
  ...group("Requests", {
    preset: setting({
      hint: "NAME",
      words: Object.keys(presets),
      page: "presets",
      parse: oneOf(...Object.keys(presets)),
      help: "Defaults for a known service; explicit flags win",
    }),
  }),
  ...requests,
  ...answers,
  ...group(answers.ttl.group, {
    stream: flag({
      sets: "stream",
      page: "stale-and-streaming",
      help: "Stream answers as they arrive; if one is cut short, clients get its beginning, then a reset",
    }),
  }),
  ...staleness,
  ...stores,
  ...fetching,
  ...askingTls,
  ...transforming,
  ...listening,
  ...access,
  ...watching,
  ...printing,
  ...observing,
};

/** `poetry get`: the client. A file describes services only, so its own settings have no key. */
export const get = {
  ...group("Request", {
    address: positionals({ hint: ADDRESS, key: null, parse: parseAddress, help: "The servers" }),
    request: setting({
      hint: "TEXT",
      key: null,
      parse: (text) => text,
      takesBytes: true,
      help: "Send TEXT and a line end (CR LF) first: a title, a name, a query",
    }),
    "request-file": setting({
      hint: "FILE",
      isPath: true,
      key: null,
      parse: nonEmpty,
      help: "Send the bytes of FILE first, unchanged",
    }),
    raw: flag({ key: null, help: "Send the TEXT of --request without a line end" }),
  }),
  ...gettingTls,
  ...transforming,
  ...group(transforming.via.group, {
    "or-plain": flag({ key: null, help: "Print the poem unchanged if it cannot be transformed" }),
  }),
  ...group("Output", {
    output: setting({
      hint: "FILE",
      isPath: true,
      alias: "o",
      key: null,
      parse: nonEmpty,
      help: "Write to FILE, once every poem has arrived complete; -: standard output",
    }),
    "raw-output": flag({
      key: null,
      help: "Pass control characters on to a terminal; by default they are shown escaped, as \\x1b",
    }),
    timeout: setting({
      hint: "DURATION",
      default: "10m",
      key: null,
      parse: duration,
      help: "Time limit for each poem as a whole; 0: no limit",
    }),
    "max-answer": setting({
      hint: "SIZE",
      default: "64MiB",
      key: null,
      parse: positiveSize,
      help: "The longest poem to buffer, with several servers, --transform or --output",
    }),
  }),
  ...observing,
};

/** `poetry transform-serve`: the transformation server. */
export const transformServe = {
  ...group("Transformations", {
    list: flag({ key: null, help: "List the transformations and exit" }),
  }),
  ...filters,
  ...transformRequests,
  ...group(transformRequests["max-request"].group, {
    "max-answer": {
      ...answers["max-answer"],
      sets: "maxAnswer" as const,
      help: "The longest answer to send to a client",
    },
  }),
  ...listening,
  ...access,
  ...watching,
  ...printing,
  ...observing,
};

const { ttl, "max-answer": maxAnswer, "max-memory": maxMemory, "max-entries": maxEntries } = answers;

/** `poetry transform-proxy`: a cache in front of a transformation server; its framing is fixed, so no --request. */
export const transformProxy = {
  ...asking,
  ...allowing,
  ...transformRequests,
  ttl,
  "max-answer": maxAnswer,
  "max-memory": maxMemory,
  "max-entries": maxEntries,
  ...staleness,
  ...stores,
  ...fetching,
  ...askingTls,
  ...listening,
  ...access,
  ...watching,
  ...printing,
  ...observing,
};

/** What `poetry config` can print. */
export const CONFIG_WORDS = ["sample", "schema"] as const;

/** `poetry config`. */
export const config = {
  ...group("Configuration", {
    what: positional({
      hint: CONFIG_WORDS.join(" or "),
      key: null,
      words: CONFIG_WORDS,
      parse: oneOf(...CONFIG_WORDS),
      help: "What to print",
    }),
  }),
  help: observing.help,
};

/** The shells that `poetry completion` has scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `poetry completion`. */
export const completion = {
  ...group("Completion", {
    shell: positional({
      hint: SHELLS.join(", "),
      key: null,
      words: SHELLS,
      parse: oneOf(...SHELLS),
      help: "The shell to print a script for",
    }),
  }),
  help: observing.help,
};

const PRESETS = Object.keys(presets);

/** `poetry presets`: without a name, it lists all. */
export const presetsShown = {
  ...group("Presets", {
    name: positional({
      hint: "one of those that the command lists when run without a name",
      key: null,
      default: "",
      words: PRESETS,
      parse: (text) => (text === "" ? undefined : oneOf(...PRESETS)(text)),
      help: "The preset to explain",
    }),
  }),
  help: observing.help,
};

const files = positionals({
  isPath: true,
  hint: "files, and directories whose *.toml are read",
  key: null,
  default: "/etc/poetry-proxy/poetry.toml",
  parse: nonEmpty,
  help: "What to run",
});

/** The budget that all services of a process share. */
export const processLimits = group("Memory", {
  "max-memory": setting({
    hint: "SIZE",
    key: "process.max-memory",
    defaultHelp: "only the limit of each service",
    parse: positiveSize,
    help: "Memory limit for all services together",
  }),
});

/** `poetry up`: the settings of the process; those of its services stand in the files. */
export const up = {
  ...group("Configuration", { file: files }),
  ...processLimits,
  "drain-timeout": listening["drain-timeout"],
  "drain-delay": listening["drain-delay"],
  "upgrade-timeout": listening["upgrade-timeout"],
  ...watching,
  ...stores,
  ...observing,
};

/** `poetry check`. */
export const check = {
  ...group("Configuration", {
    file: { ...files, help: "What to check" },
    show: flag({ key: null, help: "Print all settings of all services, and where each comes from" }),
  }),
  help: observing.help,
};
