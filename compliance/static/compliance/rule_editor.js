/* The editor of a rule's condition: groups and rows become the JSON that the server reads; the server says the sentence and what is wrong, and where. */
(() => {
  "use strict";
  const tree = document.getElementById("re-tree");
  const kept = document.querySelector("#re-form input[name=condition]");
  if (!tree || !kept) return;
  const schema = JSON.parse(document.getElementById("re-schema").textContent);
  const HOW = { all: "All of these", any: "At least one of these", none: "None of these", notall: "Not all of these" };
  const WORD = { all: "and", any: "or", none: "or", notall: "and" };
  const CHECK_AFTER_MS = 250;
  let ids = 0;
  const named = (list, name) => list.find((one) => one.name === name) || list[0];

  // From JSON to what is edited

  const group = (how, parts) => ({ id: ++ids, how, parts });
  const asGroup = (node) => (node.parts ? node : group("all", [node]));

  function read(json) {
    if (json.and) return group("all", json.and.map(read));
    if (json.or) return group("any", json.or.map(read));
    if (json.not) {
      if (json.not.or || json.not.and) return group(json.not.or ? "none" : "notall", (json.not.or || json.not.and).map(read));
      return group("none", [read(json.not)]);
    }
    const leaf = { id: ++ids, op: json.op, left: readOperand(json.left) };
    for (const side of ["low", "high"]) if (json[side]) leaf[side] = json[side].value;
    if (json.right && "value" in json.right) leaf.value = json.right.value;
    else if (json.right) leaf.right = readOperand(json.right);
    if (json.values) leaf.values = json.values;
    if (json.list) leaf.list = json.list;
    return leaf;
  }

  function readOperand(json) {
    const kind = Object.keys(json)[0];
    const found = { id: ++ids, kind };
    if (kind === "window") return { ...found, ...json.window, where: json.window.where ? asGroup(read(json.window.where)) : null };
    if (kind === "ratio" || kind === "percent") return { ...found, parts: json[kind].map(readOperand) };
    if (kind === "age") return { ...found, of: readOperand(json.age) };
    return { ...found, name: json[kind] };
  }

  // And back; every node learns its path, as the server names places

  function write(node, path, isTop = false) {
    node.path = path;
    if (!node.parts) return writeLeaf(node, path);
    const isNot = node.how === "none" || node.how === "notall";
    if (node.parts.length === 1 && isTop && node.how === "all") return write(node.parts[0], path);
    if (node.parts.length === 1 && node.how === "none") return { not: write(node.parts[0], `${path}.not`) };
    const word = WORD[node.how];
    const inner = isNot ? `${path}.not` : path;
    const made = { [word]: node.parts.map((part, n) => write(part, `${inner}.${word}[${n}]`)) };
    return isNot ? { not: made } : made;
  }

  function writeLeaf(leaf, path) {
    const { kind, unit } = typeOf(leaf.left, leaf.row);
    const value = (given) => ((kind === "integer" || kind === "decimal") && unit ? { value: given, unit } : { value: given });
    const made = { op: leaf.op, left: writeOperand(leaf.left, `${path}.left`) };
    if (leaf.op === "missing") return made;
    if (leaf.op === "between") return { ...made, low: value(leaf.low), high: value(leaf.high) };
    if (leaf.op === "in" || leaf.op === "not_in") return leaf.list ? { ...made, list: leaf.list } : { ...made, values: leaf.values };
    return { ...made, right: leaf.right ? writeOperand(leaf.right, `${path}.right`) : value(leaf.value) };
  }

  function writeOperand(found, path) {
    const inner = `${path}.${found.kind}`;
    if (found.kind === "age") return { age: writeOperand(found.of, inner) };
    if (found.parts) return { [found.kind]: found.parts.map((part, n) => writeOperand(part, `${inner}[${n}]`)) };
    if (found.kind !== "window") return { [found.kind]: found.name };
    const made = { source: found.source, aggregate: found.aggregate };
    for (const name of ["of", "currency", "span", "ago"]) if (found[name]) made[name] = found[name];
    if (found.where) made.where = write(found.where, `${inner}.where`, true);
    return { window: made };
  }

  // Types

  function typeOf(found, row) {
    if (found.kind === "fact") return named(schema.facts, found.name);
    if (found.kind === "field") return named(row.fields, found.name);
    if (found.kind === "age") return { kind: "span", unit: "" };
    if (found.parts) return { kind: "decimal", unit: found.kind === "percent" ? "%" : "" };
    if (["count", "distinct"].includes(found.aggregate)) return { kind: "integer", unit: "" };
    if (!found.of) return { kind: "moment", unit: "" };
    const of = named(named(schema.sources, found.source).fields, found.of);
    if (of.kind === "money") return { kind: "money", unit: found.currency || of.unit };
    return { kind: found.aggregate === "average" ? "decimal" : of.kind, unit: of.unit };
  }

  const FIRST = { decimal: () => "0", integer: () => 1, text: () => "", boolean: () => true, span: () => ({ days: 7 }) };
  const firstOf = ({ kind, unit }) => (kind === "money" ? { amount: "0.00", currency: unit || "USD" } : (FIRST[kind] || FIRST.text)());

  /* A row whose left side has become something else keeps what still fits. */
  function fit(leaf, row) {
    leaf.row = row;
    const type = typeOf(leaf.left, row);
    const words = schema.operators[type.kind];
    if (!(leaf.op in words)) leaf.op = Object.keys(words)[0];
    const now = `${type.kind} ${type.unit}`;
    if (leaf.fitted && leaf.fitted !== now) for (const name of ["value", "low", "high", "values", "list", "right"]) delete leaf[name];
    leaf.fitted = now;
    if (leaf.op === "between") {
      leaf.low ??= leaf.value ?? firstOf(type);
      leaf.high ??= leaf.value ?? firstOf(type);
    } else if (leaf.op === "in" || leaf.op === "not_in") leaf.values ??= [];
    else if (leaf.op !== "missing" && !leaf.right) leaf.value ??= leaf.low ?? firstOf(type);
    return type;
  }

  const newLeaf = (row) => ({ id: ++ids, op: "", left: newOperand(row ? "field" : "fact", row) });

  function newOperand(kind, row, name) {
    const found = { id: ++ids, kind };
    const plain = () => newOperand(row ? "field" : "fact", row, (row ? row.fields : schema.facts).find((one) => one.kind === "moment").name);
    if (kind === "window") return { ...found, source: schema.sources[0].name, aggregate: "count", span: { days: 7 }, where: null };
    if (kind === "age") return { ...found, of: plain() };
    if (kind === "ratio" || kind === "percent") {
      const some = (row ? row.fields : schema.facts).find((one) => one.kind === "money" || one.kind === "integer");
      return { ...found, parts: [0, 1].map(() => newOperand(row ? "field" : "fact", row, some && some.name)) };
    }
    return { ...found, name: name || (kind === "field" ? row.fields : schema.facts)[0].name };
  }

  // Drawing

  function h(tag, given = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "key") made.dataset.key = value;
      else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
    return made;
  }

  const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);
  const select = (key, label, options, chosen, act) =>
    h("select", { key, "aria-label": label, onchange: (event) => change(() => act(event.target.value)) },
      Object.entries(options).map(([value, text]) => option(value, text, chosen)));
  const typed = (key, label, value, act, more = {}) =>
    h("input", { key, "aria-label": label, value: value ?? "", type: "text", ...more, oninput: (event) => (act(event.target.value), later()) });
  const button = (key, label, text, act) => h("button", { type: "button", key, title: label, "aria-label": label, onclick: () => change(act) }, text);

  const whole = (text) => (/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text);

  function spanInputs(key, label, holder, name, canBeNone) {
    const [unit, count] = Object.entries(holder[name] || {})[0] || ["", ""];
    const units = { ...(canBeNone ? { "": canBeNone } : {}), ...Object.fromEntries(schema.spans.map((one) => [one, one])) };
    return [
      unit && typed(`${key}:n`, label, count, (text) => (holder[name] = { [Object.keys(holder[name])[0]]: whole(text) }), { class: "re-short", inputmode: "numeric" }),
      select(`${key}:u`, `${label}, unit`, units, unit, (chosen) => (chosen ? (holder[name] = { [chosen]: count || 7 }) : delete holder[name])),
    ];
  }

  function valueInputs(leaf, name, { kind, unit }) {
    const key = `${leaf.id}:${name}`;
    const put = (value) => (leaf[name] = value);
    if (kind === "span") return spanInputs(key, "Value", leaf, name, "");
    if (kind === "boolean") return select(key, "Value", { true: "yes", false: "no" }, String(leaf[name]), (text) => put(text === "true"));
    if (kind === "money") {
      const amount = typed(key, "Amount", leaf[name].amount, (text) => (leaf[name].amount = text.replaceAll(",", "").trim()), { inputmode: "decimal" });
      if (unit) return [amount, h("span", { class: "re-unit" }, unit)];
      return [amount, typed(`${key}:c`, "Currency", leaf[name].currency, (text) => (leaf[name].currency = text.trim().toUpperCase()), { class: "re-short", maxlength: 3 })];
    }
    const act = kind === "integer" ? (text) => put(whole(text)) : kind === "decimal" ? (text) => put(text.trim()) : put;
    const hint = { date: "2026-01-31", moment: "2026-01-31T09:00:00Z" }[kind];
    return [typed(key, "Value", leaf[name], act, { placeholder: hint, class: hint ? "re-long" : undefined }), unit && h("span", { class: "re-unit" }, unit)];
  }

  function listInputs(leaf, { kind }) {
    const key = `${leaf.id}:values`;
    const canList = (kind === "text" || kind === "set of text") && schema.lists.length;
    const lists = { "": "these:", ...Object.fromEntries(schema.lists.map((one) => [one.name, `list: ${one.label}`])) };
    const act = (text) => (leaf.values = text.split(",").map((one) => one.trim()).filter(Boolean).map((one) => (kind === "integer" ? whole(one) : one)));
    return [
      canList && select(`${leaf.id}:list`, "List", lists, leaf.list || "", (name) => (name ? (leaf.list = name) : delete leaf.list)),
      !leaf.list && typed(key, "Values, with commas between them", (leaf.values || []).join(", "), act, { class: "re-long" }),
    ];
  }

  function operandInputs(found, row, replace, { isRight = false, isPart = false } = {}) {
    const key = `${found.id}:what`;
    const made = [];
    const facts = (kind, list) => list.map((one) => option(`${kind}:${one.name}`, one.label, `${found.kind}:${found.name}`));
    const words = { window: "Count or sum over …", percent: "One in percent of another …", ratio: "One divided by another …", age: "Age of …" };
    const offered = Object.keys(words).filter((kind) => (kind !== "window" || (!row && schema.sources.length)) && !((isRight || isPart) && ["percent", "ratio"].includes(kind)) && !(isPart && kind === "age"));
    made.push(
      h("select", { key, "aria-label": "What", onchange: (event) => change(() => {
        const [kind, name] = event.target.value.split(":");
        replace({ ...newOperand(kind, row, name), id: found.id });
      }) },
        row && h("optgroup", { label: row.label }, facts("field", row.fields)),
        h("optgroup", { label: row ? "Of what is judged" : "Facts" }, facts("fact", schema.facts)),
        h("optgroup", { label: "Counted and compared" }, offered.map((kind) => option(kind, words[kind], found.kind)))),
    );
    if (found.kind === "age") made.push(h("span", { class: "re-part" }, operandInputs(found.of, row, (other) => (found.of = other), { isPart: true })));
    if (found.parts)
      found.parts.forEach((part, n) => made.push(n ? h("span", { class: "re-unit" }, found.kind === "percent" ? "in percent of" : "divided by") : null,
        h("span", { class: "re-part" }, operandInputs(part, row, (other) => (found.parts[n] = other), { isPart: true }))));
    if (found.kind === "window") made.push(h("span", { class: "re-part" }, windowInputs(found)));
    return made;
  }

  function windowInputs(found) {
    const source = named(schema.sources, found.source);
    const { of: kinds } = schema.aggregates[found.aggregate];
    const fields = source.fields.filter((one) => kinds.includes(one.kind));
    if (!fields.length) delete found.of;
    else if (!fields.some((one) => one.name === found.of)) found.of = (fields.find((one) => one.kind === "money" && one.unit) || fields[0]).name;
    const of = found.of && named(fields, found.of);
    if (!of || of.kind !== "money") delete found.currency;
    else found.currency = of.unit || found.currency || "USD";
    const byName = (list) => Object.fromEntries(list.map((one) => [one.name, one.label]));
    const aggregates = Object.fromEntries(Object.entries(schema.aggregates).map(([name, one]) => [name, one.label]));
    return [
      select(`${found.id}:agg`, "Aggregate", aggregates, found.aggregate, (name) => (found.aggregate = name)),
      of && select(`${found.id}:of`, "Of", byName(fields), found.of, (name) => (found.of = name)),
      of && of.kind === "money" && !of.unit && typed(`${found.id}:cur`, "Currency", found.currency, (text) => (found.currency = text.trim().toUpperCase()), { class: "re-short", maxlength: 3 }),
      of && h("span", { class: "re-unit" }, "over"),
      select(`${found.id}:src`, "Source", byName(schema.sources), found.source, (name) => (found.source = name)),
      h("span", { class: "re-unit" }, "in"),
      ...spanInputs(`${found.id}:span`, "Time looked back", found, "span", "all time"),
      h("span", { class: "re-unit" }, "ending"),
      ...spanInputs(`${found.id}:ago`, "How long before it ends", found, "ago", "now"),
      found.ago && h("span", { class: "re-unit" }, "before"),
      found.where
        ? h("div", { class: "re-where" }, h("span", { class: "re-unit" }, "only those where"), groupBox(found.where, source, null, () => (found.where = null)))
        : button(`${found.id}:where`, "Only some of them", "only those where …", () => (found.where = group("all", [newLeaf(source)]))),
    ];
  }

  const problem = () => h("div", { class: "re-problem", role: "alert" });
  const tools = (node, parent, remove) =>
    h("span", { class: "re-tools" },
      parent && button(`${node.id}:up`, "Move up", "↑", () => move(node, parent, -1)),
      parent && button(`${node.id}:down`, "Move down", "↓", () => move(node, parent, 1)),
      remove && button(`${node.id}:remove`, "Remove", "✕", remove));

  function rowBox(leaf, row, parent) {
    const type = fit(leaf, row);
    const isCompared = !["between", "in", "not_in", "missing", "starts_with", "contains"].includes(leaf.op);
    const box = h("div", { class: "re-row", onkeydown: (event) => keys(event, leaf, parent, row) },
      operandInputs(leaf.left, row, (other) => (leaf.left = other)),
      select(`${leaf.id}:op`, "Comparison", schema.operators[type.kind], leaf.op, (op) => (leaf.op = op)),
      leaf.op === "between" && [valueInputs(leaf, "low", type), h("span", { class: "re-unit" }, "to"), valueInputs(leaf, "high", type)],
      (leaf.op === "in" || leaf.op === "not_in") && listInputs(leaf, type),
      (leaf.op === "starts_with" || leaf.op === "contains") && valueInputs(leaf, "value", { kind: "text", unit: "" }),
      isCompared && (leaf.right ? operandInputs(leaf.right, row, (other) => (leaf.right = other), { isRight: true }) : valueInputs(leaf, "value", type)),
      isCompared && type.kind !== "boolean" && select(`${leaf.id}:against`, "Compared with", { value: "a value", other: "another fact" }, leaf.right ? "other" : "value",
        (what) => (what === "value" ? delete leaf.right : ((leaf.right = newOperand(row ? "field" : "fact", row, named((row ? row.fields : schema.facts).filter((one) => one.kind === type.kind), "")?.name)), delete leaf.value))),
      tools(leaf, parent, () => take(leaf, parent)),
      (leaf.problem = problem()));
    return (leaf.box = box);
  }

  function groupBox(found, row, parent, remove) {
    const box = h("div", { class: "re-group", role: "group", "aria-label": HOW[found.how] },
      h("div", { class: "re-head" },
        select(`${found.id}:how`, "Group", HOW, found.how, (how) => (found.how = how)),
        tools(found, parent, remove || (parent && (() => take(found, parent))))),
      (found.problem = problem()),
      found.parts.map((part) => (part.parts ? groupBox(part, row, found) : rowBox(part, row, found))),
      h("div", { class: "re-add" },
        button(`${found.id}:add`, "Add a condition", "+ condition", () => add(found, newLeaf(row))),
        button(`${found.id}:addgroup`, "Add a group", "+ group", () => add(found, group("any", [newLeaf(row)])))));
    return (found.box = box);
  }

  // Deeds

  let wanted = "";
  const parents = new Map();

  function add(parent, made, after) {
    parent.parts.splice(after === undefined ? parent.parts.length : after + 1, 0, made);
    const first = made.parts ? made.parts[0] : made;
    wanted = `${first.left.id}:what`;
  }

  function take(node, parent) {
    const at = parent.parts.indexOf(node);
    parent.parts.splice(at, 1);
    const near = parent.parts[Math.min(at, parent.parts.length - 1)];
    wanted = near ? `${near.id}:remove` : `${parent.id}:add`;
  }

  /* Up and down among its neighbours; into a group that stands there, out of its own at the end. */
  function move(node, parent, step) {
    const at = parent.parts.indexOf(node);
    const beside = parent.parts[at + step];
    const over = parents.get(parent);
    if (!beside && !over) return;
    parent.parts.splice(at, 1);
    if (beside && beside.parts) beside.parts.splice(step < 0 ? beside.parts.length : 0, 0, node);
    else if (beside) parent.parts.splice(at + step, 0, node);
    else over.parts.splice(over.parts.indexOf(parent) + (step < 0 ? 0 : 1), 0, node);
    wanted = `${node.id}:${step < 0 ? "up" : "down"}`;
  }

  function keys(event, leaf, parent, row) {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const deeds = {
      ArrowUp: () => move(leaf, parent, -1),
      ArrowDown: () => move(leaf, parent, 1),
      Enter: () => add(parent, newLeaf(row), parent.parts.indexOf(leaf)),
      Delete: () => take(leaf, parent),
    };
    if (!deeds[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    change(deeds[event.key]);
  }

  function learnParents(found) {
    for (const part of found.parts) {
      if (part.parts) {
        parents.set(part, found);
        learnParents(part);
      }
    }
  }

  // The whole

  const begin = JSON.parse(kept.value || "{}");
  const root = Object.keys(begin).length ? asGroup(read(begin)) : group("all", [newLeaf(null)]);

  function draw() {
    const focused = wanted || document.activeElement?.dataset?.key || "";
    wanted = "";
    parents.clear();
    learnParents(root);
    tree.replaceChildren(groupBox(root, null, null));
    if (focused) tree.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function change(deed) {
    deed();
    draw();
    later();
  }

  function nodes(found) {
    const inner = (operand) => (!operand ? [] : operand.kind === "window" ? (operand.where ? nodes(operand.where) : []) : [...(operand.parts || []), operand.of].flatMap(inner));
    return [found, ...(found.parts ? found.parts.flatMap(nodes) : [...inner(found.left), ...inner(found.right)])];
  }

  let timer = 0;
  let asked = 0;
  function later() {
    asked += 1; /* what the server still says of the condition before is old */
    kept.value = JSON.stringify(write(root, "$", true));
    clearTimeout(timer);
    timer = setTimeout(check, CHECK_AFTER_MS);
  }

  async function check() {
    const mine = asked;
    const body = new FormData();
    body.append("csrfmiddlewaretoken", tree.dataset.token);
    body.append("condition", kept.value);
    const words = document.getElementById("re-words");
    const state = document.getElementById("re-state");
    let said;
    try {
      const answer = await fetch(tree.dataset.check, { method: "POST", body, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      said = await answer.json();
    } catch {
      if (mine !== asked) return;
      state.textContent = "The server could not be asked; it will be when something changes, and when you save.";
      return;
    }
    if (mine !== asked) return;
    if (said.words) words.textContent = said.words;
    words.classList.toggle("is-old", !said.words);
    state.textContent = said.problems.length ? `${said.problems.length} to put right below.` : `Costs ${said.cost} of 1,000.`;
    const all = nodes(root);
    for (const node of all) {
      node.problem.textContent = "";
      node.box.classList.remove("is-wrong");
    }
    for (const one of said.problems) {
      const near = all.filter((node) => one.path === node.path || one.path.startsWith(`${node.path}.`) || one.path.startsWith(`${node.path}[`));
      const place = near.sort((a, b) => a.path.length - b.path.length || !a.parts - !b.parts).pop() || root;
      place.problem.textContent = `${place.problem.textContent} ${one.message}`.trim();
      place.box.classList.add("is-wrong");
    }
  }

  draw();
  later();
})();
