// Looks every two seconds how far a comparison is, while there is one. Without it, a link looks again.
"use strict";
(function () {
  var EVERY = 2000;
  var MOST = 300; // ten minutes; then it goes on without anybody watching

  function follow(section) {
    var part = section.querySelector("[data-part]");
    var heading = section.querySelector("h2");
    var left = MOST;

    function again() {
      if (left > 0) {
        left -= 1;
        window.setTimeout(look, EVERY);
      }
    }

    function look() {
      if (document.hidden) {
        again();
        return;
      }
      fetch(section.dataset.progress, { credentials: "same-origin", redirect: "error" })
        .then(function (answer) {
          if (!answer.ok) {
            throw new Error(String(answer.status));
          }
          return answer.text().then(function (text) {
            show(text, answer.headers.get("X-Daybridge-Busy") === "yes");
          });
        })
        .catch(again);
    }

    function show(text, busy) {
      if (text !== part.dataset.shown) {
        part.dataset.shown = text;
        part.innerHTML = text; // our own page's words, already escaped there
      }
      if (busy) {
        again();
      } else {
        heading.textContent = section.dataset.after;
      }
    }

    if (section.dataset.busy === "yes") {
      window.setTimeout(look, EVERY);
    }
  }

  document.querySelectorAll("[data-progress]").forEach(follow);
})();
