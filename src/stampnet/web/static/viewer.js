// One image, large, with boxes over it; which classes are shown; its objects as a table.

import { swatch } from "./classes.js";
import { byId, count, drawn, element } from "./elements.js";
import { looks } from "./looks.js";
import { inStrip, pictureOf, shownObjects } from "./shown.js";

const SMALL = 400; // pixels of an image of which each should be seen

export function drawViewer(state, actions) {
  const image = inStrip(state).find(({ key }) => key === state.current);
  byId("viewer").hidden = !image;
  for (const part of ["legend", "downloads", "table"]) byId(part).hidden = !image?.objects;
  if (!image) return;
  const shown = shownObjects(image, state);
  const said = image.problem || (image.objects ? `${count(shown.length, "object")} shown. ${image.note}` : "looking…");
  byId("caption").textContent = `${image.name}, ${image.width} × ${image.height} pixels: ${said}`;
  drawStage(image, shown, state);
  drawLegend(image, state, actions);
  drawTable(shown);
}

function drawStage(image, shown, state) {
  const { width, height } = image;
  const stage = byId("stage");
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.maxWidth = `max(${Math.min(width, 240)}px, calc(52vh * ${width / height}))`;
  stage.classList.toggle("coarse", Math.max(width, height) < SMALL);
  if (!image.picture) {
    stage.replaceChildren();
    return;
  }
  const said = [...countsOf(shown)].map(([{ name }, number]) => `${number} ${name}`).join(", ") || "none";
  const picture = pictureOf(image, "stage", `${image.name}; objects: ${said}`);
  if (!state.hasBoxes) {
    stage.replaceChildren(picture);
    return;
  }
  const boxes = shown.flatMap(({ object, entry }, number) => {
    const [x0, y0, x1, y1] = object.box;
    const { colour, dash } = looks(entry);
    const form = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    // The dark line below makes every colour visible on every image.
    return [
      drawn("rect", { ...form, class: "under" }),
      drawn("rect", { ...form, class: "box", stroke: colour, "stroke-dasharray": dash, "data-number": number }),
    ];
  });
  const overlay = drawn(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...boxes,
  );
  const labels = shown.map(({ object, entry }) => {
    const [x0, y0] = object.box;
    const { colour, ink, short } = looks(entry);
    const label = element("span", { className: "label", aria: { hidden: true } }, short);
    label.style.left = `${(100 * Math.max(0, x0)) / width}%`;
    label.style.top = `${(100 * Math.max(0, y0)) / height}%`;
    label.style.background = colour;
    label.style.color = ink;
    if (y0 / height > 0.07) label.classList.add("above");
    return label;
  });
  stage.replaceChildren(picture, overlay, ...labels);
}

/** The classes of objects with how many they are, most first. */
function countsOf(shown) {
  const counts = new Map();
  for (const { entry } of shown) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function drawLegend(image, state, actions) {
  const known = (image.objects ?? []).map(({ stamp }) => ({ entry: state.classOf.get(stamp) }));
  const entries = countsOf(known.filter(({ entry }) => entry));
  const chips = entries.map(([entry, number]) =>
    element(
      "button",
      {
        type: "button",
        className: "chip",
        data: { key: `chip-${entry.numbers[0]}` },
        aria: { pressed: !entry.numbers.every((one) => state.hidden.has(one)) },
        onclick: () => actions.toggle([entry]),
      },
      swatch(entry),
      entry.name,
      element("span", { className: "count" }, String(number)),
    ),
  );
  const isAnyHidden = entries.some(([entry]) => entry.numbers.every((number) => state.hidden.has(number)));
  const all = element(
    "button",
    {
      type: "button",
      className: "plain",
      data: { key: "chip-all" },
      onclick: () => actions.showAll(entries.map(([entry]) => entry), isAnyHidden),
    },
    isAnyHidden ? "show all" : "hide all",
  );
  byId("legend").replaceChildren(...chips, ...(entries.length > 1 ? [all] : []));
}

/** Nothing, while it is closed: of a thousand objects it takes long. */
function drawTable(shown) {
  const place = byId("table").querySelector(".scroll");
  if (!byId("table").open) {
    place.replaceChildren();
    return;
  }
  const has = (name) => shown.some(({ object }) => object[name] !== null);
  const columns = [
    ["class", ({ entry }) => entry.name],
    ["stamp", ({ object }) => object.stamp],
    ["score", ({ object }) => object.score.toFixed(2)],
    ["x", ({ object }) => object.box[0].toFixed(1)],
    ["y", ({ object }) => object.box[1].toFixed(1)],
    ["width", ({ object }) => (object.box[2] - object.box[0]).toFixed(1)],
    ["height", ({ object }) => (object.box[3] - object.box[1]).toFixed(1)],
    ...(has("angle_deg") ? [["angle", ({ object }) => `${object.angle_deg?.toFixed(0)}°`]] : []),
    ...(has("scale") ? [["scale", ({ object }) => object.scale?.toFixed(2)]] : []),
  ];
  const light = (number, isLit) =>
    byId("stage").querySelector(`[data-number="${number}"]`)?.classList.toggle("lit", isLit);
  const rows = shown.map((one, number) =>
    element(
      "tr",
      {
        tabIndex: 0,
        data: { key: `row-${number}` },
        onmouseenter: () => light(number, true),
        onmouseleave: () => light(number, false),
        onfocus: () => light(number, true),
        onblur: () => light(number, false),
      },
      ...columns.map(([, cell]) => element("td", {}, String(cell(one)))),
    ),
  );
  const head = element("tr", {}, ...columns.map(([name]) => element("th", { scope: "col" }, name)));
  place.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}
