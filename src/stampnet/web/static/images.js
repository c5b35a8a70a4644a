// The strip of images, and files that become images in it.

import { byId, count, element } from "./elements.js";
import { detect } from "./server.js";
import { shownObjects } from "./viewer.js";

const LONGEST_NAME = 150; // bytes; the server takes 180

export function drawStrip(state, actions) {
  const total = state.images.reduce((sum, image) => sum + shownObjects(image, state).length, 0);
  byId("images-summary").textContent = state.images.length
    ? `${count(total, "object")} shown in ${count(state.images.length, "image")}`
    : "This run keeps no sample images.";
  const thumbnails = state.images.map((image) =>
    element(
      "li",
      {},
      element(
        "button",
        {
          type: "button",
          className: "thumbnail",
          title: image.name,
          data: { key: `image-${image.name}` },
          aria: { pressed: image.name === state.current },
          onclick: () => actions.show(image.name),
        },
        element("img", { src: image.picture, alt: image.name }),
        element("span", { className: "count" }, String(shownObjects(image, state).length)),
      ),
    ),
  );
  const waiting = state.waiting.map((name) =>
    element("li", {}, element("span", { className: "thumbnail waiting", title: name }, "looking…")),
  );
  byId("strip").replaceChildren(...waiting, ...thumbnails);
}

/** A name that the server takes and no other image has, whatever its suffix: YOLO's files are called by the stem. */
export function freeName(name, taken) {
  const plain = name.replace(/[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, "_").replace(/^\.+/, "").trim() || "image";
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

/** Looks at files one after the other; each becomes an image, or a complaint. */
export async function send(files, state, actions) {
  const named = [...files].map((file) => [file, file.name || "pasted.png"]);
  state.waiting.push(...named.map(([, name]) => name));
  actions.draw();
  for (const [file, name] of named) {
    try {
      if (file.size > state.gallery.max_bytes) {
        throw new Error(`the file has more than ${state.gallery.max_bytes / 2 ** 20} MB; cut or shrink it`);
      }
      const { has_more: hasMore, ...seen } = await detect(file);
      const image = {
        ...seen,
        name: freeName(name, state.images.map((other) => other.name)),
        note: hasMore ? "The first of several in its file." : "",
      };
      state.images.unshift(image);
      state.current = image.name;
      actions.say(`${image.name}: ${count(image.objects.length, "object")}`);
    } catch (error) {
      actions.complain(`${name}: ${error.message}`);
    }
    state.waiting.splice(state.waiting.indexOf(name), 1);
    actions.draw();
  }
}
