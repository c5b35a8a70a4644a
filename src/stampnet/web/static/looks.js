// Classes to looks: a colour, a stroke, a short name. Colours repeat after seven, strokes then differ.

// Okabe and Ito's, as in the report: told apart by colour-blind people.
const COLOURS = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"];
const DARK = new Set(["#0072B2"]);
const DASHES = ["", "7 3", "2 2", "10 3 2 3"];

/** Looks go by the first number of a class, so that they stay when others are named. */
export function looks(entry) {
  const number = entry.numbers[0];
  const colour = COLOURS[number % COLOURS.length];
  return {
    colour,
    ink: DARK.has(colour) ? "#fff" : "#000",
    dash: DASHES[Math.floor(number / COLOURS.length) % DASHES.length],
    short: entry.name.replace(/^(class|stamp) (?=\d+$)/, "#"),
  };
}

/** Which class a stamp belongs to; none where it is left out. */
export function classOfStamp(catalogue) {
  const found = new Map();
  for (const entry of catalogue.classes) {
    for (const { stamp } of entry.stamps) found.set(stamp, entry);
  }
  return found;
}
