"use strict";
// Shows the tenant's state and reads it anew each second. Whatever came from a caller is only ever set as text.

const SECOND = 1000;
const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const clock = (time) => (time ? `${time.slice(11, 19)} UTC` : "–");
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

// An unchanged text is left alone, so that a screen reader does not read it again.
function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function queryRow(query) {
  const row = document.createElement("tr");
  row.dataset.state = query.state;
  const family = query.from_cache ? `${query.family}, from the cache` : query.family;
  const ended = clock(query.finished ?? query.cancelled);
  const cells = [query.state, query.node_types.join(", "), family, query.rows, clock(query.submitted), ended, query.id];
  row.append(...cells.map((text) => element("td", text)));
  return row;
}

function faultText(fault) {
  const { path_suffix: suffix, path_contains: part, method, nth, stage } = fault.match;
  const path = suffix ? `…${suffix}` : part ? `…${part}…` : "any path";
  const first = nth > 1 ? `, after ${nth - 1} more` : "";
  const times = fault.times === null ? "until cleared" : plural(fault.times, "time");
  return `${fault.kind}, ${times}: ${method || "any method"} ${path}${stage === "any" ? "" : `, ${stage}`}${first}`;
}

function list(id, texts, nothing) {
  const items = (texts.length ? texts : [nothing]).map((text) => element("li", text));
  at(id).replaceChildren(...items);
}

function chart(counts) {
  const highest = Math.max(1, ...counts);
  const width = 240 / counts.length;
  const bars = counts.map((count, index) => {
    const bar = document.createElementNS(SVG, "rect");
    const height = (48 * count) / highest;
    const place = { x: index * width, y: 48 - height, width: width * 0.8, height };
    Object.entries(place).forEach(([name, value]) => bar.setAttribute(name, value));
    return bar;
  });
  at("requests-chart").replaceChildren(...bars);
}

function show(state) {
  const counts = state.requests_per_second;
  const last = counts.at(-2);
  const states = Object.entries(state.query_counts).map(([name, count]) => `${count} ${name}`);
  say("tenant", `Version ${state.version}, ${plural(state.nodes, "node")}, tenant's time ${clock(state.now)}`);
  say("requests-summary", `${last} per second now, at most ${Math.max(...counts)} in the last minute, ${state.requests} in all`);
  say("queries-summary", states.join(", ") || "None yet");
  chart(counts);
  document.querySelector("#queries tbody").replaceChildren(...state.queries.map(queryRow));
  list("faults", state.faults.map(faultText), "None");
  const switches = Object.entries(state.changed_variants);
  list("variants", switches.map(([name, value]) => `${name} = ${JSON.stringify(value)}`), "None");
}

function connection(text, lost) {
  say("connection", text);
  at("connection").classList.toggle("lost", lost);
}

async function refresh() {
  try {
    const answer = await fetch("state", { cache: "no-store", signal: AbortSignal.timeout(5 * SECOND) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    show(await answer.json());
    connection("Connected", false);
  } catch (error) {
    connection(`The emulator does not answer (${error.message}); what is shown is old`, true);
  }
}

const isPaused = () => at("pause").getAttribute("aria-pressed") === "true";

async function run() {
  if (!isPaused() && !document.hidden) await refresh();
  setTimeout(run, SECOND);
}

at("pause").addEventListener("click", () => {
  at("pause").setAttribute("aria-pressed", String(!isPaused()));
  connection(isPaused() ? "Paused" : "", false);
});
run();
