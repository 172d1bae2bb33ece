"""What the page does by itself in the browser."""

LOADED = """
() => {
  const name = (slot) => {
    const label = slot.querySelector('label');
    if (!label) return;
    slot.setAttribute('role', 'group');
    slot.setAttribute('aria-label', label.textContent.trim());
  };
  const reach = () => document.querySelectorAll('.wide').forEach((each) => {
    const hidden = each.scrollWidth - each.clientWidth;
    each.classList.toggle('scrolls', hidden > 1);
    each.classList.toggle('more', hidden - each.scrollLeft > 1);
  });
  const sizes = new ResizeObserver(reach);
  const look = () => {
    document.querySelectorAll('.slot:not([role])').forEach(name);
    document.querySelectorAll('.wide').forEach((each) => sizes.observe(each));
    requestAnimationFrame(reach);
  };
  const remember = ({target: box}) => {
    if (box.matches('input[type=number]')) box.dataset.last = box.value;
  };
  const hold = ({target: box}) => {
    if (!box.matches('input[type=number]')) return;
    const held = Math.min(Math.max(box.value || box.dataset.last, box.min), box.max);
    box.value = box.step === '1' ? Math.round(held) : held;
    box.dataset.last = box.value;
    box.dispatchEvent(new Event('input', {bubbles: true}));
  };
  const changes = {childList: true, characterData: true, attributeFilter: ['class'], subtree: true};
  new MutationObserver(look).observe(document.body, changes);
  document.addEventListener('scroll', reach, true);
  document.addEventListener('focusin', remember);
  document.addEventListener('change', hold, true);
  look();
}
"""
"""A screen reader says of a place's buttons which place they belong to; tabs are made when they are first opened. What
is wider than the page shows where it goes on, also after a new result, with which Gradio takes our classes away. A
number that was typed is brought into its slider's range when its box is left; in place of none the last one comes
back."""

PASTE = """
const put = (slot, file) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  const drop = new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true});
  slot.querySelector('.upload-container').dispatchEvent(drop);
};
const refuse = () => trigger('warning', 'The clipboard gives no picture: copy one first, or choose a file.');
document.addEventListener('click', async (event) => {
  const button = event.target.closest('.slot [data-testid=source-select] button:last-child');
  if (!button) return;
  event.stopPropagation();
  const items = await (navigator.clipboard?.read?.() ?? Promise.resolve([])).catch(() => []);
  const kinds = items.map((item) => item.types.find((type) => type.startsWith('image/') && type !== 'image/svg+xml'));
  const found = kinds.findIndex(Boolean);
  if (found < 0) return refuse();
  const name = `pasted.${kinds[found].replace('image/', '')}`;
  put(button.closest('.slot'), new File([await items[found].getType(kinds[found])], name, {type: kinds[found]}));
}, true);
document.addEventListener('paste', (event) => {
  if (event.target.closest?.('input, textarea')) return;
  const slot = document.querySelector('.slot:hover') ?? document.activeElement.closest('.slot');
  if (!slot) return;
  const [file] = event.clipboardData.files;
  if (file) put(slot, file);
  else refuse();
});
"""
"""A picture is pasted where the button is, or into the place under the pointer or with the focus; what is pasted
instead of one changes nothing. Gradio's own button empties the place first, and says nothing of text."""

PICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-number]');
  if (button) trigger('select', {number: Number(button.dataset.number)});
});
"""
"""A click in the gallery tells the server which picture it was."""

SAVE = """
element.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-save]');
  if (!button) return;
  const link = document.createElement('a');
  const picture = await fetch(button.closest('figure').querySelector('img').src);
  link.href = URL.createObjectURL(await picture.blob());
  link.download = button.dataset.save;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});
"""
"""The picture that is shown is saved: nothing is asked of the server, which keeps no results."""

COPY = """
element.addEventListener('click', (event) => {
  const keep = event.target.closest('button[data-keep]');
  if (keep) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([keep.parentElement.querySelector('pre').textContent.trim() + '\\n']));
    link.download = keep.dataset.keep;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  const button = event.target.closest('button[data-copy]');
  if (!button) return;
  getSelection().selectAllChildren(button.parentElement.querySelector('pre'));
  document.execCommand('copy');
});
"""
"""Of old, but the clipboard's newer ways are closed to pages that come from another machine."""
