// The canvas of the facade painter.  It shows the label map that Python keeps, and tells Python of every rectangle
// that is drawn on it.  Python decides, and sends the new map back.
//
// All it remembers is two cells of the map: the cursor, and the anchor, from which a rectangle is being drawn to the
// cursor (null: none is).  A mouse, a finger or a pen drags from one to the other; keys move the cursor by themselves.

const HINT = "Drag a rectangle. With keys: arrows (Shift: by 8), Enter to start and to end, Escape, Ctrl+Z.";

function make(tag, parent, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

function render({ model, el }) {
  const size = model.get("size");
  const classes = model.get("classes");
  const css = (colour) => `rgb(${colour.join(" ")})`;
  const chosen = () => classes.find(({ name }) => name === model.get("chosen"));

  el.classList.add("gancourse-painter");
  const palette = make("div", el, { class: "palette", role: "group", "aria-label": "Class to paint with" });
  const status = make("div", el, { class: "status", role: "status" }, HINT);
  const frame = make("div", el, {
    class: "frame",
    tabindex: 0,
    role: "application",
    "aria-label": `Label map, ${size} by ${size} pixels. ${HINT}`,
  });
  const canvas = make("canvas", frame, { width: size, height: size });
  const box = make("div", frame, { class: "box", hidden: "" });
  const context = canvas.getContext("2d");
  const buttons = classes.map(({ name, words, colour }) => {
    const button = make("button", palette, { type: "button", "data-class": name });
    make("span", button, { class: "swatch", style: `background: ${css(colour)}` });
    make("span", button, {}, words);
    button.addEventListener("click", () => {
      model.set("chosen", name);
      model.save_changes();
    });
    return button;
  });

  let cursor = { x: size >> 1, y: size >> 1 };
  let anchor = null;
  const inside = (place) => Math.min(Math.max(place, 0), size - 1);

  // What Python says -----------------------------------------------------------------------------------------------

  function drawMap() {
    const codes = model.get("codes");
    const image = context.createImageData(size, size);
    for (let cell = 0; cell < size * size; cell++) {
      image.data.set([...classes[codes.getUint8(cell)].colour, 255], 4 * cell);
    }
    context.putImageData(image, 0, 0);
  }

  function markChosen() {
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.class === chosen().name);
  }

  function showOutline() {
    const [left, top, width, height] = model.get("outline");
    if (width !== undefined) showBox({ left, top, width, height }, true);
    else if (anchor === null) stop();
  }

  // What is being drawn --------------------------------------------------------------------------------------------

  function rectangle() {
    const from = anchor ?? cursor;
    return {
      left: Math.min(from.x, cursor.x),
      top: Math.min(from.y, cursor.y),
      width: Math.abs(from.x - cursor.x) + 1,
      height: Math.abs(from.y - cursor.y) + 1,
    };
  }

  function showBox({ left, top, width, height }, filled) {
    for (const [side, cells] of Object.entries({ left, top, width, height })) {
      box.style[side] = `${(100 * cells) / size}%`;
    }
    box.style.background = filled ? css(chosen().colour) : "transparent";
    box.hidden = false;
    const what = filled ? `${chosen().words}, ${width} \u00d7 ${height} px ` : "";
    status.textContent = `${what}at (${left}, ${top})`;
  }

  const show = () => showBox(rectangle(), anchor !== null);

  function stop() {
    anchor = null;
    box.hidden = true;
    status.textContent = HINT;
  }

  function finish() {
    const drawn = rectangle();
    context.fillStyle = css(chosen().colour); // at once; Python's map follows
    context.fillRect(drawn.left, drawn.top, drawn.width, drawn.height);
    model.send({ name: chosen().name, ...drawn });
    stop();
  }

  // Mouse, finger, pen ---------------------------------------------------------------------------------------------

  function cellAt(event) {
    const area = canvas.getBoundingClientRect();
    return {
      x: inside(Math.floor((size * (event.clientX - area.left)) / area.width)),
      y: inside(Math.floor((size * (event.clientY - area.top)) / area.height)),
    };
  }

  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    anchor = cursor = cellAt(event);
    show();
  });
  frame.addEventListener("pointermove", (event) => {
    if (anchor === null || !frame.hasPointerCapture(event.pointerId)) return;
    cursor = cellAt(event);
    show();
  });
  frame.addEventListener("pointerup", (event) => {
    if (anchor === null || !frame.hasPointerCapture(event.pointerId)) return;
    const { width, height } = rectangle();
    if (width * height > 1) finish(); // a click is no rectangle
    else stop();
  });
  frame.addEventListener("pointercancel", stop);

  // Keys -----------------------------------------------------------------------------------------------------------

  frame.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 8 : 1;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      const [right, down] = moves[event.key];
      cursor = { x: inside(cursor.x + right), y: inside(cursor.y + down) };
    } else if (event.key === "Enter" || event.key === " ") {
      if (anchor === null) anchor = cursor;
      else finish();
    } else if (event.key === "Escape") {
      stop();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      model.send("undo");
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // the notebook around this has keys of its own
    show();
  });
  frame.addEventListener("blur", stop);

  const listeners = { "change:codes": drawMap, "change:chosen": markChosen, "change:outline": showOutline };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  drawMap();
  markChosen();
  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

export default { render };
