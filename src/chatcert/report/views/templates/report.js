"use strict";
(() => {
  // What is filtered by stands in the fragment, so that a filtered table can be linked to: #requirements?verdict=fail
  const FILTERED = "requirements?";
  const form = document.querySelector(".filter");
  const fields = Array.from(form.querySelectorAll("[name]"));
  const shown = document.getElementById("shown");
  const section = document.getElementById("requirements");
  const rows = Array.from(document.querySelectorAll(".catalogue tbody tr"), (row) => ({
    row,
    text: row.textContent.toLowerCase(),
    kind: row.id.slice(row.id.indexOf("/") + 1).toLowerCase(),
  }));

  // "begin…end" asks for ids that begin and end so, whatever the vendor and the field; any other word is looked for.
  function matches(entry, word) {
    const [begin, end] = word.split("…");
    if (end === undefined) return entry.text.includes(word);
    return entry.kind.length >= begin.length + end.length && entry.kind.startsWith(begin) && entry.kind.endsWith(end);
  }

  function apply() {
    const words = form.q.value.toLowerCase().replaceAll("...", "…").split(/\s+/).filter(Boolean);
    const chosen = ["verdict", "kind", "level"].filter((name) => form[name].value);
    let number = 0;
    for (const entry of rows) {
      const fits =
        chosen.every((name) => entry.row.dataset[name] === form[name].value) &&
        words.every((word) => matches(entry, word));
      if (entry.row.hidden === fits) entry.row.hidden = !fits;
      number += fits ? 1 : 0;
    }
    const told = (number === rows.length ? "All " : number + " of ") + rows.length + " requirements";
    if (shown.textContent !== told) shown.textContent = told;
  }

  function query() {
    const pairs = fields.filter((field) => field.value).map((field) => [field.name, field.value]);
    return new URLSearchParams(pairs).toString();
  }

  function remember() {
    apply();
    const said = query();
    try {
      history.replaceState(null, "", "#" + (said ? FILTERED + said : "requirements"));
    } catch {
      // a browser may refuse too many of these; the filter works all the same
    }
  }

  function choose(said) {
    const asked = new URLSearchParams(said);
    for (const field of fields) {
      field.value = asked.get(field.name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
    apply();
  }

  // A link may lead to a filtered table, to a row that the filter hides, or into closed evidence: show it first.
  function follow() {
    const hash = location.hash.slice(1);
    if (hash.startsWith(FILTERED)) {
      choose(hash.slice(FILTERED.length));
      section.scrollIntoView();
      section.focus({ preventScroll: true });
      return;
    }
    let id = hash;
    try {
      id = decodeURIComponent(hash);
    } catch {
      return;
    }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.hidden) choose("");
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    const evidence = target.matches(".finding") && target.querySelector(".exchange");
    if (evidence) evidence.open = true;
    target.scrollIntoView();
  }

  async function copy(button) {
    const source = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    document.getElementById("copied").textContent = "The command was copied.";
    setTimeout(() => {
      button.textContent = "Copy";
      document.getElementById("copied").textContent = "";
    }, 1500);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", remember);
  form.addEventListener("reset", () => setTimeout(remember));
  for (const link of document.querySelectorAll("a[data-verdict], a[data-kind]")) {
    link.hash = FILTERED + new URLSearchParams({ ...link.dataset });
  }
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  // The same link again does not change the fragment, and must still lead somewhere.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) setTimeout(follow);
  });
  addEventListener("hashchange", follow);
  apply();
  follow();
})();
