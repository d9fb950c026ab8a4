// Runs in the browser: updates the status, and draws the last 15 minutes. It loads everything from the page's own server.
"use strict";

/** How often to redraw the plots, and how long to wait before reconnecting, in milliseconds. */
const PLOTS_MS = 5000;
const AGAIN_MS = 3000;
/** The height of a plot, in pixels. */
const HEIGHT = 180;

const [status, lost, plots, choice, select] = ["status", "lost", "plots", "choice", "service"].map((id) =>
  document.getElementById(id),
);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The plots: which series of /plots.json they show, and how to format numbers. */
const PLOTS = [
  {
    title: "Requests per second",
    lines: ["hit", "stale", "miss", "coalesced", "pass", "plain", "failed"],
    of: (data, name) => (name === "failed" ? data.failed : data.served[name]),
    text: (value) => value.toFixed(1),
  },
  {
    title: "Hit ratio",
    lines: ["hit"],
    of: (data) => data.hit_ratio.map((value) => (value === null ? null : 100 * value)),
    text: (value) => `${value.toFixed(1)} %`,
    range: [0, 100],
  },
  {
    title: "Fetch duration",
    lines: ["miss"],
    of: (data) => data.fetch_s.map((value) => (value === null ? null : 1000 * value)),
    text: (value) =>
      value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`,
  },
  {
    title: "Clients waiting",
    lines: ["coalesced"],
    of: (data) => data.waiters,
    text: (value) => value.toFixed(0),
    steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
  },
];

/** The plots that are currently drawn. */
let drawn = [];

/** Whether a series has anything to show. */
function isAnywhere(values) {
  return values.some((value) => value !== null && value > 0);
}

function draw(data) {
  for (const { chart } of drawn) chart.destroy();
  plots.replaceChildren();
  plots.hidden = false; // First, because hidden elements have no width.
  const places = PLOTS.map((plot) => placeOf(plot));
  plots.append(...places); // All before the first chart, because they share the width.
  drawn = PLOTS.map((plot, index) => {
    const seen = plot.lines.filter((name) => isAnywhere(plot.of(data, name)));
    const lines = seen.length > 0 ? seen : plot.lines.slice(0, 1);
    const place = places[index];
    return { place, chart: chartOf(plot, lines, data, place) };
  });
  plots.dataset.points = String(data.times.length);
}

/** The element of a plot, with its heading. */
function placeOf({ title }) {
  const place = document.createElement("section");
  const heading = document.createElement("h2");
  heading.textContent = title;
  place.append(heading);
  return place;
}

/** A time of day in the browser's time zone. */
function timeText(seconds) {
  return new Date(1000 * seconds).toTimeString();
}

function chartOf(plot, lines, data, place) {
  const axis = { stroke: color("quiet"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { y: false },
    scales: { y: { range: plot.range ?? ((_chart, _least, most) => [0, Math.max(most * 1.1, 1)]) } },
    axes: [
      { ...axis, values: (_chart, ticks) => ticks.map((tick) => timeText(tick).slice(0, 5)) },
      {
        ...axis,
        size: 60,
        ...(plot.steps && { incrs: plot.steps }),
        values: (_chart, ticks) => ticks.map(plot.text),
      },
    ],
    series: [
      {
        value: (_chart, value) => (value === null || value === undefined ? "–" : timeText(value).slice(0, 8)),
      },
      ...lines.map((name) => ({
        label: plot.lines.length > 1 ? name : "value",
        stroke: color(name),
        width: 1.5,
        points: { show: false },
        value: (_chart, value) => (value === null || value === undefined ? "–" : plot.text(value)),
      })),
    ],
  };
  return new uPlot(options, [data.times, ...lines.map((name) => plot.of(data, name))], place);
}

/** Loads and draws the plots of the chosen service. */
async function refresh() {
  const response = await fetch(`plots.json?service=${encodeURIComponent(select.value)}`);
  if (response.ok) draw(await response.json());
}

/** Fills the choice with the names of the services in the table; hidden if there is only one. */
function showChoice() {
  const names = Array.from(status.querySelectorAll("tbody:first-of-type th[data-label=service]"), (cell) =>
    cell.textContent.trim(),
  );
  const known = Array.from(select.options, (option) => option.value);
  if (names.join("\n") === known.join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  choice.hidden = names.length < 2;
}

/** Receives the status once a second; reconnects when the connection is lost. */
function listen() {
  const events = new EventSource("events");
  let drawnAt = -PLOTS_MS;
  events.addEventListener("message", ({ data }) => {
    lost.hidden = true;
    status.innerHTML = JSON.parse(data).html; // Made and escaped by the server.
    showChoice();
    const now = performance.now();
    if (now - drawnAt < PLOTS_MS - 500) return;
    drawnAt = now;
    refresh().catch(() => {});
  });
  events.addEventListener("error", () => {
    lost.hidden = false;
    if (events.readyState !== EventSource.CLOSED) return; // EventSource reconnects by itself.
    setTimeout(listen, AGAIN_MS);
  });
}

select.addEventListener("change", () => void refresh().catch(() => {}));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void refresh().catch(() => {}));
addEventListener("resize", () => {
  for (const { place, chart } of drawn) chart.setSize({ width: place.clientWidth, height: HEIGHT });
});
showChoice();
listen();
