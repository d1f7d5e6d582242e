// The stage of the viewer: two images of one edit on either side of a divider, zoomed and moved.
const stage = {
  box: document.querySelector(".stage"),
  view: document.querySelector(".stage-view"),
  range: document.querySelector(".divider-range input"),
  size: [1, 1], zoom: 1, left: 0, top: 0, divider: 50,
};

function layOut() {
  const { box, view, size } = stage;
  const scale = Math.min(box.clientWidth / size[1], box.clientHeight / size[0]) * stage.zoom;
  const [width, height] = [size[1] * scale, size[0] * scale];
  stage.left = held(stage.left, box.clientWidth, width);
  stage.top = held(stage.top, box.clientHeight, height);
  Object.assign(view.style, { width: `${width}px`, height: `${height}px`, left: `${stage.left}px`, top: `${stage.top}px` });
  const at = dividerLeft();
  box.querySelector(".stage-divider").style.left = `${at}px`;
  view.querySelector(".stage-left").style.clipPath = `inset(0 ${Math.max(0, width - (at - stage.left))}px 0 0)`;
  view.querySelector(".stage-right").style.clipPath = `inset(0 0 0 ${Math.max(0, at - stage.left)}px)`;
  box.classList.toggle("zoomed", stage.zoom > 1);
  box.classList.toggle("pixels", scale >= 3);
  document.querySelector(".zoom-factor").textContent = `${stage.zoom.toFixed(stage.zoom % 1 ? 1 : 0)}×`;
  stage.range.value = stage.divider;
}

// An image smaller than the stage is centred; a larger one covers it.
function held(offset, room, length) {
  if (length <= room) return (room - length) / 2;
  return Math.min(0, Math.max(room - length, offset));
}

// The divider runs over what is seen of the image.
function seen() {
  const width = stage.view.offsetWidth;
  const start = Math.max(0, stage.left);
  return [start, Math.min(stage.box.clientWidth, stage.left + width)];
}

function dividerLeft() {
  const [start, end] = seen();
  return start + ((end - start) * stage.divider) / 100;
}

function moveDivider(x) {
  const [start, end] = seen();
  stage.divider = Math.min(100, Math.max(0, (100 * (x - start)) / (end - start)));
  layOut();
}

function zoomTo(zoom, x = stage.box.clientWidth / 2, y = stage.box.clientHeight / 2) {
  const next = Math.min(16, Math.max(1, zoom));
  const factor = next / stage.zoom;
  stage.left = x - (x - stage.left) * factor;
  stage.top = y - (y - stage.top) * factor;
  stage.zoom = next;
  layOut();
}

function moveBy(x, y) {
  stage.left += x;
  stage.top += y;
  layOut();
}

function showOnStage(size, left, right, outline) {
  stage.size = size;
  stage.view.querySelector(".stage-left").replaceChildren(...left);
  stage.view.querySelector(".stage-right").replaceChildren(...right);
  stage.view.querySelector(".stage-outline").replaceChildren(...outline);
  layOut();
}

function startStage() {
  const { box, range } = stage;
  let drag = null;
  const at = (event) => { const area = box.getBoundingClientRect(); return [event.clientX - area.left, event.clientY - area.top]; };
  box.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = at(event);
    const divides = stage.zoom === 1 || Math.abs(x - dividerLeft()) < 24;
    drag = { divides, x, y, left: stage.left, top: stage.top };
    box.setPointerCapture(event.pointerId);
    if (divides) moveDivider(x);
  });
  box.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = at(event);
    if (drag.divides) return moveDivider(x);
    stage.left = drag.left + x - drag.x;
    stage.top = drag.top + y - drag.y;
    layOut();
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { drag = null; });
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomTo(stage.zoom * Math.exp(-event.deltaY / 300), ...at(event));
  }, { passive: false });
  range.addEventListener("input", () => { stage.divider = Number(range.value); layOut(); });
  new ResizeObserver(layOut).observe(box);
}
