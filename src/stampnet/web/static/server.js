// Requests to the server; what it cannot do comes back as an Error with its sentence.

const TRIES = 6;

async function asked(path, options = {}) {
  for (let left = TRIES; ; left -= 1) {
    let response;
    try {
      response = await fetch(path, { credentials: "same-origin", ...options });
    } catch {
      throw new Error("the server does not answer; is stampnet serve still running?");
    }
    if (response.ok) return response;
    const wait = Number(response.headers.get("Retry-After"));
    if (response.status !== 503 || !wait || left <= 1) {
      const said = await response.json().catch(() => ({}));
      throw new Error(said.error ?? `the server answers with status ${response.status}`);
    }
    await new Promise((done) => setTimeout(done, wait * 1000));
  }
}

const json = (method, content) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(content),
});

export const gallery = async () => (await asked("/api/gallery")).json();
export const images = async (first, number) => (await asked(`/api/images?first=${first}&number=${number}`)).json();
export const picture = async (number) => URL.createObjectURL(await (await asked(`/api/images/${number}.png`)).blob());
export const objects = async (number) => (await asked(`/api/images/${number}`)).json();
export const giveNames = async (names) => (await asked("/api/names", json("PUT", { names }))).json();
export const undo = async () => (await asked("/api/undo", { method: "POST" })).json();

/** What is in a file. Its picture becomes an address of this page, so that its memory can be given back. */
export async function detect(file) {
  const content = await file.arrayBuffer().catch(() => {
    throw new Error("the file cannot be read, or was changed since it was chosen; choose it again");
  });
  const seen = await (await asked("/api/detect", { method: "POST", body: content })).json();
  const png = Uint8Array.from(atob(seen.picture.split(",")[1]), (letter) => letter.charCodeAt(0));
  return { ...seen, picture: URL.createObjectURL(new Blob([png], { type: "image/png" })) };
}

export const stampPicture = (stamp, key) => `/api/stamps/${stamp}.png?key=${key}`;

/** A file with the objects of images: its content and what it is called. */
export async function download(wish) {
  const response = await asked("/api/download", json("POST", wish));
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))?.[1] ?? "detections";
  return { name, content: await response.blob() };
}
