// The number of days after which access ends is the value of its choice.

const days = document.getElementById("days");
const choice = document.getElementById("when-days");
days.addEventListener("input", () => {
  choice.checked = true;
  choice.value = days.value.trim();
});
