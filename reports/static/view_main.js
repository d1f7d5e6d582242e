// Puts the page over a folder of runs to work: it asks again every two seconds, and not while it is hidden.
let detail;
const list = new RunList(() => detail.look());
detail = new Detail(list);
addEventListener("hashchange", () => { list.show(true); detail.look(); });

async function follow() {
  if (!document.hidden) await list.look();
  setTimeout(follow, EVERY);
}
startTheme();
follow();
