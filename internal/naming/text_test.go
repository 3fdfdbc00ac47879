package naming_test

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/naming"
)

func TestIsTitle(t *testing.T) {
	t.Parallel()
	for title, legal := range map[string]bool{
		"Alice's blog": true, "Über Ästhetik & mehr": true, "Ж": true, "日本語のブログ": true, "עברית": true, "مدونة": true, "a\u0301": true, "…": true,
		"می\u200cخواهم": true, "क्\u200dष": true, "I ❤️ Go": true, "👩🏽\u200d💻 at work": true, "❤️\u200d🔥": true, "🏳️\u200d🌈": true, "1️⃣ first": true, "☕️": true, "½ price": true,
		"": false, " ": false, "\u00a0": false, "\u3000": false, "\u0301": false, "\xff": false, "a\xffb": false,
		"a\x00b": false, "a\nb": false, "a\tb": false, "a\rb": false, "a\x7fb": false, "a\u0085b": false, "a\u2028b": false, "a\u2029b": false,
		"a\u202eb": false, "a\u202ab": false, "a\u2066b": false, "a\u2069b": false, "a\u200eb": false, "a\u200fb": false, "ا\u061cب": false,
		"a\u200bb": false, "a\u200cb": false, "a\u200db": false, "a\u2060b": false, "a\ufeffb": false, "a\u00adb": false, "a\u034fb": false, "a\u180eb": false,
		"\u200d": false, "ا\u200c": false, "\u200cا": false, "ا\u200c\u200cب": false, "👩\u200d": false, "e\u0301\u200da": false, "а\u200dб": false, "α\u200cβ": false,
		"a\u115fb": false, "a\u1160b": false, "\u3164": false, "\uffa0": false, "\u2800": false, "\u2800\u200d\u2800": false, "a\ufe0fb": false, "1\ufe0f": false, "a\ufe00": false,
		"a\U000e0041b": false, "a\U000e0100b": false, "a\ue000b": false, "a\U000f0000b": false, "a\ufffab": false, "a\U0001d173b": false, "ក\u17b4": false, "ᠠ\u180b": false,
		"a\u2065b": false, "a\U000e0fffb": false, "a\U000e1000b": false, "a\ufdd0b": false, "a\ufdefb": false, "a\ufffcb": false, "a\ufffeb": false, "a\uffffb": false,
		"a\U0001fffeb": false, "a\U0002ffffb": false, "a\U00050000b": false, "a\U0010ffffb": false, "a\U00016fe4b": false, "a\U0001d159b": false, "𠀀": true, "𰀀": true, "a\ufffdb": true,
	} {
		if got := naming.IsTitle(title); got != legal {
			t.Errorf("IsTitle(%+q) = %v", title, got)
		}
	}
}

func TestIsEmail(t *testing.T) {
	t.Parallel()
	for email, legal := range map[string]bool{
		"alice@example.com": true, "jurgen@bücher.example": true, "jürgen@example.com": false, "\u200falice@example.com": false, "a+b@example.com": true,
		"": false, "alice": false, "@example.com": false, "alice@": false, "a@b@c": false, "a b@example.com": false, "a\u00a0b@example.com": false, "a@b\u3000c": false,
		"ali\u200bce@example.com": false, "alice@exam\u00adple.com": false, "\u202ealice@example.com": false, "alice@example.com\n": false, "alice@example.com\u200f": false,
		"a@localhost": true, "a@EXAMPLE.org": true, "a@r2---sn-x.org": true, "o'brien!%@example.org": true, "a@[127.0.0.1]": false, "a@127.0.0.1": false, "a@1.org": true, "a@xn--": false, "a@-x.org": false, "a@x-.org": false,
		"a@x_y.org": false, "a@x..org": false, "a,b@x.org": false, "<a@x.org": false, "a;b@x.org": false, "a!#$%&'*+-/=?^_`{|}~.b@x.org": true, "a@.org": false, "a@example.org.": false, "a@x,y.org": false, "a@x/y": false,
		strings.Repeat("a", 64) + "@" + strings.Repeat("x", 63) + ".org": true, strings.Repeat("a", 65) + "@x.org": false, "a@" + strings.Repeat("x", 64) + ".org": false,
	} {
		if got := naming.IsEmail(email); got != legal {
			t.Errorf("IsEmail(%+q) = %v", email, got)
		}
	}
}

func TestIsVisible(t *testing.T) {
	t.Parallel()
	for text, visible := range map[string]bool{
		"a": true, "\u202ea": true, "ខ្មែរ\u200bល្អ": true, "葛\U000e0100": true, "👍": true,
		"": false, " ": false, "\u200b\u200f": false, "\u3164": false, "\u2800": false, "\u0301": false,
	} {
		if got := naming.IsVisible(text); got != visible {
			t.Errorf("IsVisible(%+q) = %v", text, got)
		}
	}
}
