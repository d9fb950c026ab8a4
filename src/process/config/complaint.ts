import { escapeControls } from "../../protocols/printable.ts";
import type { Place } from "./place.ts";

/** A mistake in a configuration file. */
export interface FileComplaint {
  readonly file: string;
  /** Absent: the file as a whole. */
  readonly at?: Place | undefined;
  /** The table that it is about, such as `proxy.whois`; absent: the file as a whole. */
  readonly table?: string | undefined;
  /** A sentence without its full stop. */
  readonly text: string;
}

/**
 * One line: `poetry.toml:12:1: proxy.whois: unknown key "tll" - did you mean "ttl"?` Control characters are escaped.
 */
export function formatComplaint({ file, at, table, text }: FileComplaint): string {
  const about = table === undefined ? "" : `${table}: `;
  const sentence = /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
  const place = at === undefined ? "" : `:${at.line}:${at.column}`;
  return escapeControls(`${file}${place}: ${about}${sentence}`);
}

/** Sorts complaints by file, in the order of `files`, and then by place. */
export function sortComplaints(
  complaints: readonly FileComplaint[],
  files: readonly string[],
): FileComplaint[] {
  const order = new Map(files.map((file, index) => [file, index]));
  return complaints.toSorted(
    (a, b) =>
      (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) ||
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0) ||
      (a.text < b.text ? -1 : 1),
  );
}
