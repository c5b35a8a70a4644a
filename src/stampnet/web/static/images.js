// The strip of images: those of the run, some at a time, and files that become images in it.

import { byId, count, element, fill } from "./elements.js";
import * as server from "./server.js";
import { inStrip, lookedAt, pictureOf, shownObjects } from "./shown.js";

export const AT_ONCE = 12; // images of the run in the strip; only their pictures are in memory
const LONGEST_NAME = 150; // bytes; the server takes 180

function letGo(image) {
  URL.revokeObjectURL(image.picture);
  Object.assign(image, { picture: null, elements: {} });
}

export function drawStrip(state, actions) {
  const known = lookedAt(state);
  const total = known.reduce((sum, image) => sum + shownObjects(image, state).length, 0);
  const all = state.dropped.length + state.total;
  byId("images-summary").textContent = all
    ? `${count(total, "object")} shown in ${known.length.toLocaleString("en")} of ${count(all, "image")}. ${state.about}`
    : `This run keeps no images. ${state.about}`;
  const waiting = state.waiting.map((name) =>
    element("li", {}, element("span", { className: "thumbnail waiting", title: name }, "looking…")),
  );
  fill(byId("strip"), [...waiting, ...inStrip(state).map((image) => thumbnail(image, state, actions))]);
  drawPager(state);
}

/** The same element as before, unless it is to look different. */
function thumbnail(image, state, actions) {
  const number = image.objects && shownObjects(image, state).length;
  const told = image.problem || (image.objects ? count(number, "object") : "looking…");
  const looks = [told, image.picture, image.key === state.current].join("\n");
  if (image.elements.thumbnail?.looks !== looks) {
    image.elements.thumbnail = { looks, item: newThumbnail(image, number, told, state, actions) };
  }
  return image.elements.thumbnail.item;
}

function newThumbnail(image, number, told, state, actions) {
  const picture = image.picture && pictureOf(image, "strip", "");
  const button = element(
    "button",
    {
      type: "button",
      className: picture ? "thumbnail" : "thumbnail waiting",
      title: image.name,
      data: { key: `image-${image.key}` },
      aria: { label: `${image.name}: ${told}`, pressed: image.key === state.current },
      onclick: () => actions.show(image.key),
    },
    picture || (image.problem ? image.name : "looking…"),
    element("span", { className: "count" }, image.problem ? "!" : String(number ?? "…")),
  );
  const remove = element(
    "button",
    { type: "button", className: "remove", aria: { label: `remove ${image.name}` }, onclick: () => actions.remove(image) },
    "×",
  );
  return element("li", {}, button, state.dropped.includes(image) ? remove : null);
}

/** Takes an image that was dropped away, and gives its memory back; the next one is shown. */
export function remove(image, state) {
  const place = state.dropped.indexOf(image);
  state.dropped.splice(place, 1);
  letGo(image);
  const left = inStrip(state);
  if (state.current === image.key) state.current = (left[place] ?? left.at(-1))?.key ?? null;
}

function drawPager(state) {
  const last = state.first + state.listed.length;
  byId("pager").hidden = state.total <= AT_ONCE;
  byId("before").disabled = state.first === 0;
  byId("after").disabled = last === state.total;
  byId("from").max = state.total;
  if (document.activeElement !== byId("from")) byId("from").value = state.first + 1;
  byId("to").textContent = `to ${last.toLocaleString("en")} of ${state.total.toLocaleString("en")}`;
}

let turns = 0;

/** Lists images of the run from the one with this number on; shows the first or the last of them, unless one that was
 * dropped is shown. */
export async function turn(first, state, actions, showsLast = false) {
  turns += 1;
  const turned = turns;
  const asked = Math.max(0, Math.min(Math.floor(first), state.total - 1));
  const { total, about, images } = await server.images(asked, AT_ONCE);
  if (turns !== turned) return; // turned on in the meantime
  state.listed.forEach(letGo);
  state.listed = images.map(
    (image) => state.known.get(image.number) ?? {
      ...image, key: `run-${image.number}`, picture: null, objects: null, elements: {}, problem: "", note: "",
    },
  );
  Object.assign(state, { first: asked, total, about });
  if (!state.dropped.some(({ key }) => key === state.current)) {
    state.current = state.listed.at(showsLast ? -1 : 0)?.key ?? state.dropped[0]?.key ?? null;
  }
  actions.drawImages();
  look(state, actions);
}

/** What to ask for next: all of the image that is shown, then pictures, which are quick, then objects. */
function missing(state) {
  const shown = state.listed.filter(({ key }) => key === state.current);
  for (const images of [shown, state.listed]) {
    for (const part of ["picture", "objects"]) {
      const image = images.find((one) => one[part] === null && !one.problem);
      if (image) return [image, part];
    }
  }
  return [null, null];
}

let isLooking = false;

/** Asks for all that is missing of the images of the run in the strip, one thing at a time: others wait, too. */
export async function look(state, actions) {
  if (isLooking) return;
  isLooking = true;
  for (let [image, part] = missing(state); image; [image, part] = missing(state)) {
    try {
      image[part] = await server[part](image.number);
      if (part === "objects") state.known.set(image.number, image);
    } catch (error) {
      image.problem = error.message;
    }
    if (!state.listed.includes(image)) letGo(image);
    actions.drawImages(image);
  }
  isLooking = false;
}

/** A name that the server takes and no other image has, whatever its suffix: YOLO's files are called by the stem. */
export function freeName(name, taken) {
  const plain = name.replace(/[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, "_").replace(/^[.\s]+/, "").trim() || "image";
  const dot = plain.lastIndexOf(".");
  let [stem, suffix] = dot > 0 ? [plain.slice(0, dot), plain.slice(dot)] : [plain, ".png"];
  if (suffix.length > 8) suffix = ".png";
  while (new TextEncoder().encode(stem).length > LONGEST_NAME) stem = [...stem].slice(0, -1).join("");
  const stems = new Set([...taken].map((other) => other.replace(/\.[^.]*$/, "")));
  stems.add("classes"); // YOLO's list of names
  let free = stem;
  for (let number = 2; stems.has(free); number += 1) free = `${stem} (${number})`;
  return free + suffix;
}

let sent = 0;

/** Looks at files one after the other; each becomes an image, or a complaint. */
export async function send(files, state, actions) {
  const named = [...files].map((file) => [file, file.name || "pasted.png"]);
  state.waiting.push(...named.map(([, name]) => name));
  actions.drawImages();
  for (const [file, name] of named) {
    try {
      if (file.size > state.gallery?.max_bytes) {
        throw new Error(`the file has more than ${state.gallery.max_bytes / 2 ** 20} MB; cut or shrink it`);
      }
      const { has_more: hasMore, ...seen } = await server.detect(file);
      const taken = [...inStrip(state), ...lookedAt(state)].map((other) => other.name);
      const image = {
        ...seen,
        name: freeName(name, taken),
        key: `dropped-${sent++}`,
        elements: {},
        problem: "",
        note: hasMore ? "The first of several in its file." : "",
      };
      state.dropped.unshift(image);
      state.current = image.key;
      actions.say(`${image.name}: ${count(image.objects.length, "object")}`);
    } catch (error) {
      actions.complain(`${name}: ${error.message}`);
    }
    state.waiting.splice(state.waiting.indexOf(name), 1);
    actions.drawImages();
  }
}
