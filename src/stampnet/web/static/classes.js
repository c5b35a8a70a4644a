// The gallery: classes as cards with their stamps, and the form that names what is chosen.

import { byId, count, drawn, element } from "./elements.js";
import { looks } from "./looks.js";
import { stampPicture } from "./server.js";

const FEW = 8;
const expanded = new Set();

/** A small square in the colour and stroke of a class. */
export function swatch(entry) {
  const { colour, dash } = looks(entry);
  return drawn(
    "svg",
    { class: "swatch", viewBox: "0 0 16 16", "aria-hidden": "true" },
    drawn("rect", { x: 2, y: 2, width: 12, height: 12, fill: colour, "fill-opacity": 0.35, stroke: colour, "stroke-width": 3, "stroke-dasharray": dash && "4 2" }),
  );
}

const uses = (number) => (number === null ? "" : `${number.toLocaleString("en")}×`);

export function drawClasses(state, actions) {
  const { classes, left_out: leftOut } = state.gallery.catalogue;
  const stamps = classes.reduce((sum, entry) => sum + entry.stamps.length, 0);
  byId("classes-summary").textContent =
    `${count(stamps, "stamp")} in ${count(classes.length, "class")}${leftOut.length ? `, ${leftOut.length} left out` : ""}`;
  const most = (one, other) => (other.uses ?? 0) - (one.uses ?? 0);
  byId("gallery").replaceChildren(...[...classes].sort(most).map((entry) => card(entry, state, actions)));
  byId("left-out").hidden = leftOut.length === 0;
  byId("left-out").querySelector("ul").replaceChildren(...leftOut.map((entry) => card(entry, state, actions, true)));
  drawNaming(state);
}

function card(entry, state, actions, isLeftOut = false) {
  const isChosen = entry.numbers.every((number) => state.chosen.has(number));
  const key = `class-${entry.numbers[0]}`;
  const many = entry.stamps.length > 1;
  const shown = expanded.has(key) ? entry.stamps : entry.stamps.slice(0, FEW);
  const pictures = shown.map(({ stamp, uses: used }) =>
    element(
      "span",
      { className: "stamp" },
      element("img", { src: stampPicture(stamp, state.gallery.key), alt: `stamp ${stamp}`, loading: "lazy" }),
      many ? element("span", { className: "uses" }, uses(used)) : null,
    ),
  );
  const title = element(
    "span",
    { className: "name" },
    isLeftOut ? null : swatch(entry),
    element("span", { className: entry.is_named && !isLeftOut ? "word" : "word unnamed" }, entry.name),
    element("span", { className: "uses" }, uses(entry.uses)),
  );
  const choose = element(
    "button",
    {
      type: "button",
      className: "card",
      data: { key, numbers: entry.numbers.join(" ") },
      aria: { pressed: isChosen },
      onclick: () => actions.choose(entry, !isChosen),
      onkeydown: (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          actions.chooseOnly(entry);
        }
      },
    },
    element("span", { className: "stamps" }, ...pictures),
    title,
  );
  const rest = entry.stamps.length - FEW;
  const more = element(
    "button",
    {
      type: "button",
      className: "more",
      data: { key: `more-${key}` },
      onclick: () => {
        if (!expanded.delete(key)) expanded.add(key);
        actions.draw();
      },
    },
    expanded.has(key) ? "fewer" : `${rest} more`,
  );
  return element("li", { className: many ? "wide" : "" }, choose, rest > 0 ? more : null);
}

/** The classes of which all are chosen. */
export function chosenClasses(state) {
  const { classes, left_out: leftOut } = state.gallery.catalogue;
  const isChosen = (entry) => entry.numbers.every((number) => state.chosen.has(number));
  return { kept: classes.filter(isChosen), leftOut: leftOut.filter(isChosen) };
}

function drawNaming(state) {
  const { kept, leftOut } = chosenClasses(state);
  const all = [...kept, ...leftOut];
  byId("naming").hidden = all.length === 0;
  const names = all.map((entry) => entry.name);
  const few = names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  byId("chosen").textContent = all.length === 1 ? few : `${count(all.length, "class")}: ${few}`;
  byId("give").textContent = all.length > 1 ? "Merge" : kept[0]?.is_named ? "Rename" : "Name";
  byId("leave-out").textContent = kept.length || !leftOut.length ? "Leave out" : "Bring back";
  byId("take-away").disabled = !kept.some((entry) => entry.is_named);
  byId("take-away").textContent = kept.some((entry) => entry.numbers.length > 1) ? "Split up" : "Take name away";
  const known = state.gallery.catalogue.classes.filter((entry) => entry.is_named).map((entry) => entry.name);
  byId("known-names").replaceChildren(...known.map((name) => element("option", { value: name })));
  drawJoins(state);
}

/** Tells, while a name is typed, which class it will join. */
export function drawJoins(state) {
  const word = byId("name").value.trim();
  const other = state.gallery.catalogue.classes.find(
    (entry) => entry.name === word && !entry.numbers.every((number) => state.chosen.has(number)),
  );
  byId("joins").textContent = other ? `Joins ${other.name} (${count(other.stamps.length, "stamp")}).` : "";
}
