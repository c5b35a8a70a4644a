// What the page knows, what may change it, and who is told.

import { chosenClasses, drawClasses, drawJoins } from "./classes.js";
import { drawWish, keep } from "./downloads.js";
import { byId, element, keepingFocus } from "./elements.js";
import { AT_ONCE, drawStrip, look, remove, send, turn } from "./images.js";
import { classOfStamp } from "./looks.js";
import * as server from "./server.js";
import { inStrip } from "./shown.js";
import { drawViewer } from "./viewer.js";

const state = {
  gallery: null,
  classOf: new Map(), // stamp to class; none where it is left out
  dropped: [], // images, the last one first
  listed: [], // images of the run in the strip
  known: new Map(), // number to image of the run, once its objects are known
  first: 0, // number of the first that is listed
  total: 0, // images of the run
  about: "", // what is to be said about them
  waiting: [], // names of files that are being looked at
  current: null, // key of the image that is shown
  hidden: new Set(), // numbers of classes, as the fit gave them: names may change
  chosen: new Set(), // the same
  hasBoxes: true,
};

const actions = { draw, drawImages, say, complain, choose, chooseOnly, toggle, showAll, show, remove: takeAway };

function draw() {
  if (!state.gallery) return;
  keepingFocus(() => {
    byId("undo").disabled = !state.gallery.can_undo;
    drawClasses(state, actions);
    drawImages();
  });
}

/** Classes stay as they are: who is about to click one would miss it. So does the image that is shown, where it is
 * another one that `changed`. */
function drawImages(changed) {
  keepingFocus(() => {
    drawStrip(state, actions);
    if (!changed || changed.key === state.current) drawViewer(state, actions);
    drawWish(state);
  });
}

function say(text) {
  byId("status").textContent = text;
}

function complain(text) {
  if ([...byId("messages").children].some((message) => message.firstChild.textContent === text)) return;
  const close = element("button", { type: "button", className: "plain", aria: { label: "close" } }, "×");
  const message = element("p", { className: "message" }, element("span", {}, text), close);
  close.onclick = () => message.remove();
  byId("messages").append(message);
}

/** Does it; a failure becomes a message. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    complain(error.message);
  }
}

function take(gallery) {
  if (JSON.stringify(gallery) === JSON.stringify(state.gallery)) return;
  if (gallery.complaint && gallery.complaint !== state.gallery?.complaint) complain(gallery.complaint);
  state.gallery = gallery;
  state.classOf = classOfStamp(gallery.catalogue);
  // Of a class that was merged or split elsewhere only a part may be chosen, which nobody sees.
  const { kept, leftOut } = chosenClasses(state);
  state.chosen = new Set([...kept, ...leftOut].flatMap(({ numbers }) => numbers));
  byId("run").textContent = gallery.run;
  byId("name").maxLength = gallery.catalogue.longest_name;
  document.title = `${gallery.run} – stampnet`;
  draw();
}

/** Shows an image; one that there was a problem with is asked for again. */
function show(key) {
  state.current = key;
  for (const image of state.listed) if (image.key === key) image.problem = "";
  drawImages();
  look(state, actions);
}

function takeAway(image) {
  remove(image, state);
  drawImages();
  thumbnailOf(state.current)?.focus();
}

const thumbnailOf = (key) => document.querySelector(`[data-key="image-${key}"]`);
const turnTo = (first, showsLast) => attempt(() => turn(first, state, actions, showsLast));

function choose(entry, isChosen) {
  for (const number of entry.numbers) isChosen ? state.chosen.add(number) : state.chosen.delete(number);
  prefill();
  draw();
}

function chooseOnly(entry) {
  state.chosen.clear();
  choose(entry, true);
  byId("name").select();
}

/** Lets go of classes: of those that were named, for others may have been chosen meanwhile. */
function clear(numbers = [...state.chosen]) {
  const [first] = numbers;
  for (const number of numbers) state.chosen.delete(number);
  draw();
  if (document.activeElement === document.body || byId("naming").contains(document.activeElement)) {
    [...document.querySelectorAll(".card")]
      .find((card) => card.dataset.numbers.split(" ").includes(String(first)))
      ?.focus();
  }
}

/** The name that the chosen have, if one has any. */
function prefill() {
  byId("name").value = chosenClasses(state).kept.find((entry) => entry.is_named)?.name ?? "";
}

function toggle(entries) {
  for (const { numbers } of entries) {
    const isHidden = numbers.every((number) => state.hidden.has(number));
    for (const number of numbers) isHidden ? state.hidden.delete(number) : state.hidden.add(number);
  }
  draw();
}

function showAll(entries, isShown) {
  for (const number of entries.flatMap(({ numbers }) => numbers)) {
    isShown ? state.hidden.delete(number) : state.hidden.add(number);
  }
  draw();
}

/** Gives all that is chosen one name. */
async function give(word) {
  const numbers = [...state.chosen];
  await attempt(async () => {
    take(await server.giveNames(Object.fromEntries(numbers.map((number) => [number, word]))));
    say(word ? `named ${word}` : "the name is taken away");
    clear(numbers);
  });
}

const undo = () =>
  attempt(async () => {
    take(await server.undo());
    say("taken back");
  });

async function step(by) {
  const images = inStrip(state);
  const place = images.findIndex(({ key }) => key === state.current);
  const isLast = by > 0 && place === images.length - 1 && state.first + state.listed.length < state.total;
  const isFirst = by < 0 && place === state.dropped.length && state.first > 0;
  const isInStrip = byId("strip").contains(document.activeElement);
  if (isLast || isFirst) await turnTo(state.first + by * AT_ONCE, isFirst);
  else if (images[place + by]) show(images[place + by].key);
  const thumbnail = thumbnailOf(state.current);
  thumbnail?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (isInStrip) thumbnail?.focus();
}

function pressed(event) {
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && state.chosen.size) clear();
  if (isTyping || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    if (!byId("undo").disabled) undo();
  } else if (event.ctrlKey || event.metaKey || !["strip", "viewer"].some((id) => byId(id).contains(event.target))) {
    return;
  } else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
  else if (event.key === "b" || event.key === "B") byId("boxes").click();
}

function listen() {
  byId("undo").onclick = undo;
  byId("clear").onclick = () => clear();
  byId("take-away").onclick = () => give("");
  byId("leave-out").onclick = () => {
    const { kept, leftOut } = chosenClasses(state);
    give(kept.length || !leftOut.length ? "ignore" : "");
  };
  byId("name").oninput = () => drawJoins(state);
  byId("naming").onsubmit = (event) => {
    event.preventDefault();
    const word = byId("name").value.trim();
    if (word) give(word);
  };
  byId("boxes").onchange = () => {
    state.hasBoxes = byId("boxes").checked;
    drawImages();
  };
  byId("table").ontoggle = () => drawViewer(state, actions);
  byId("before").onclick = () => turnTo(state.first - AT_ONCE, true);
  byId("after").onclick = () => turnTo(state.first + AT_ONCE);
  byId("from").onchange = () => turnTo(byId("from").valueAsNumber - 1 || 0);
  byId("scope").onchange = () => drawWish(state);
  byId("downloads").onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => say(`downloaded ${await keep(event.submitter.value, state)}`));
  };
  byId("files").onchange = () => {
    send(byId("files").files, state, actions);
    byId("files").value = "";
  };
  document.addEventListener("keydown", pressed);
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) send(event.clipboardData.files, state, actions);
  });
  // The whole page takes what is dropped: else a near miss would leave the page for the picture.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    const dropped = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
    const isFolder = (item) => item.webkitGetAsEntry()?.isDirectory;
    if (dropped.some(isFolder)) complain("a folder cannot be looked at; drop the images that are in it");
    const files = dropped.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
    if (files.length) send(files, state, actions);
  });
  // Names may have been given in another window, or by stampnet name.
  window.addEventListener("focus", () => attempt(async () => take(await server.gallery())));
}

async function begin() {
  history.replaceState(null, "", location.pathname + location.hash); // the token is in a cookie now
  listen();
  await attempt(async () => take(await server.gallery()));
  await turnTo(0);
}

begin();
