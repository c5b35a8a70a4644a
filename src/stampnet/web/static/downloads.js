// What is shown to a file on the reader's disk.

import { byId, count } from "./elements.js";
import { download } from "./server.js";
import { lookedAt, shownObjects } from "./shown.js";

function wished(state) {
  const isAll = byId("scope").value === "all";
  const images = lookedAt(state).filter(({ key }) => isAll || key === state.current);
  return images.map((image) => ({
    name: image.name,
    height: image.height,
    width: image.width,
    objects: shownObjects(image, state).map(({ object }) => object),
  }));
}

export function drawWish(state) {
  const images = wished(state);
  const objects = images.flatMap((image) => image.objects);
  const classes = new Set(objects.map(({ stamp }) => state.classOf.get(stamp)));
  byId("wish").textContent =
    `${count(objects.length, "object")} of ${count(classes.size, "class")} in ${count(images.length, "image")}: what is shown, without classes that are hidden.`;
}

export async function keep(format, state) {
  const { name, content } = await download({ format, images: wished(state) });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}
