import { markdown, type Derived } from "../markdown.ts";
import { ROOMS, SERVICES, type Arrow, type Room } from "./rooms.ts";

type Rooms = Readonly<Record<string, Room>>;

/** The parts of documents that describe the rooms. */
export const HOUSE: readonly Derived[] = [
  { file: "docs/architecture.md", name: "rooms", table: () => roomsTable() },
  { file: "docs/architecture.md", name: "arrows", table: () => drawing() },
  { file: "docs/architecture.md", name: "outside", table: () => outsideTable() },
];

/** Each room with its purpose and its imports. */
export function roomsTable(rooms: Rooms = ROOMS): string {
  const lines = Object.entries(rooms).map(([name, { knows, mayImport }]) => [
    `\`${name}/\``,
    knows,
    targetsOf(mayImport) || "nothing",
  ]);
  return markdown(["folder", "what it knows", "may import"], lines);
}

/** Each room with the packages and globals that it may use. */
export function outsideTable(rooms: Rooms = ROOMS): string {
  const lines = Object.entries(rooms).map(([name, { packages, globals }]) => [
    `\`${name}/\``,
    packages.map(code).join(", "),
    globals.map(code).join(", "),
  ]);
  return markdown(["folder", "packages", "globals"], lines);
}

/**
 * The rooms and their arrows. Arrows that follow from others are left out: if cli may import process, and process may
 * import observe, there is no arrow from cli to observe. A dotted arrow stands for types only.
 */
export function drawing(rooms: Rooms = ROOMS): string {
  const arrows = Object.entries(rooms).flatMap(([from, { mayImport }]) =>
    mayImport
      .filter((arrow) => !isImplied(from, arrow, rooms))
      .map((arrow) => `  ${from} ${arrow.onlyTypes ? "-.->" : "-->"} ${roomIn(arrow, rooms)}`),
  );
  return ["```mermaid", "flowchart TD", ...new Set(arrows), "```"].join("\n");
}

/** Whether the target is also reached through other rooms. */
function isImplied(from: string, arrow: Arrow, rooms: Rooms): boolean {
  const to = roomIn(arrow, rooms);
  const isStrong = (each: Arrow) => arrow.onlyTypes === true || each.onlyTypes !== true;
  const next = (name: string) =>
    (rooms[name]?.mayImport ?? []).filter(isStrong).map((each) => roomIn(each, rooms));
  const reached = next(from).filter((name) => name !== to);
  for (const name of reached) {
    if (next(name).includes(to)) return true;
    for (const further of next(name)) if (!reached.includes(further)) reached.push(further);
  }
  return false;
}

/** The room that an arrow leads to, even if only one of its files is meant. */
function roomIn({ to }: Arrow, rooms: Rooms): string {
  return Object.hasOwn(rooms, to) ? to : to.slice(0, to.lastIndexOf("/"));
}

/** The targets of arrows in words; all rooms of services are named as one. */
function targetsOf(arrows: readonly Arrow[]): string {
  const names = arrows.map(({ to }) => to);
  const hasAllServices = SERVICES.every((each) => names.includes(each));
  return arrows
    .filter(({ to }) => !hasAllServices || to === "services" || !SERVICES.includes(to))
    .map(({ to, onlyTypes }) => {
      const name = hasAllServices && to === "services" ? "all of services" : to;
      return onlyTypes ? `${name} (types)` : name;
    })
    .join(", ");
}

function code(text: string): string {
  return `\`${text}\``;
}
