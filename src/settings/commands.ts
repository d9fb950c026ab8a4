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
  "print-config": flag({ key: null, help: "Print the configuration file that says the same, and exit" }),
});

/** The settings of each command, in the order of its help: those of its own, and those it shares with others. */

export const serve = {
  ...group("Poems", {
    file: positional({
      isPath: true,
      hint: "any file, read once; or a directory whose TITLE.txt files are served by title, as they are when asked for",
      parse: nonEmpty,
      help: "The poem",
    }),
    delay: setting({
      hint: "DURATION",
      default: "0",
      sets: "pace.delay",
      parse: finiteDuration,
      help: "Pause between two pieces of the poem; 0: send it at once",
    }),
    "num-bytes": setting({
      hint: "N",
      default: "10",
      sets: "pace.numBytes",
      parse: count,
      help: "With --delay, how many bytes make a piece",
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
      help: "Send answers as they come in; where one breaks off, clients get its beginning and a reset",
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
      help: "Write to FILE, only if every poem came and there is room for all; -: standard output",
    }),
    "raw-output": flag({
      key: null,
      help: "Let control characters of the answer through to a terminal; otherwise they are shown, as \\x1b",
    }),
    timeout: setting({
      hint: "DURATION",
      default: "10m",
      key: null,
      parse: duration,
      help: "Time limit for a poem as a whole; 0: no limit",
    }),
    "max-answer": setting({
      hint: "SIZE",
      default: "64MiB",
      key: null,
      parse: positiveSize,
      help: "The longest poem to hold, with several servers, --transform or --output",
    }),
  }),
  ...observing,
};

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
      help: "The longest answer that a client may get",
    },
  }),
  ...listening,
  ...access,
  ...watching,
  ...printing,
  ...observing,
};

const { ttl, "max-answer": maxAnswer, "max-memory": maxMemory, "max-entries": maxEntries } = answers;

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

/** The words that `poetry config` understands. */
export const CONFIG_WORDS = ["sample", "schema"] as const;

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

/** Shells that can complete command lines. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

export const completion = {
  ...group("Completion", {
    shell: positional({
      hint: SHELLS.join(", "),
      key: null,
      words: SHELLS,
      parse: oneOf(...SHELLS),
      help: "The shell whose script is printed",
    }),
  }),
  help: observing.help,
};

const PRESETS = Object.keys(presets);

export const presetsShown = {
  ...group("Presets", {
    name: positional({
      hint: "one of those that the command lists without it",
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

/** What all services of a process share. */
export const processLimits = group("Memory", {
  "max-memory": setting({
    hint: "SIZE",
    key: "process.max-memory",
    defaultHelp: "each has its own limit only",
    parse: positiveSize,
    help: "What all services together may hold",
  }),
});

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

export const check = {
  ...group("Configuration", {
    file: { ...files, help: "What to check" },
    show: flag({ key: null, help: "Print all settings of all services, and where each comes from" }),
  }),
  help: observing.help,
};
