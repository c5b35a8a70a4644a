// What of the state is seen: images, and objects in them.

import { element } from "./elements.js";

/** All images that can be chosen now. */
export const inStrip = (state) => [...state.dropped, ...state.listed];

/** All whose objects are known, also those of the run that are not in the strip; these come first and keep their names
 * where others have the same. */
export const lookedAt = (state) => [...state.known.values(), ...state.dropped];

/** Objects of classes that are neither left out nor hidden, each with its class; none before they are known. */
export function shownObjects(image, state) {
  return (image.objects ?? [])
    .map((object) => ({ object, entry: state.classOf.get(object.stamp) }))
    .filter(({ entry }) => entry && !entry.numbers.every((number) => state.hidden.has(number)));
}

/** The same element each time, so that the browser decodes a picture once for each of its places. */
export function pictureOf(image, place, alt) {
  image.elements[place] ??= element("img", { src: image.picture });
  image.elements[place].alt = alt;
  return image.elements[place];
}
