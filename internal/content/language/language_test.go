package language_test

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/language"
)

func TestGuess(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]language.Language{
		"":                                 {},
		"1, 2 – 🎉":                         {},
		"Alice was beginning to get tired": {},
		"Größe und Übermut":                {},
		"مرحبا بالعالم، هذه مدونتي": {Tag: "ar", RightToLeft: true},
		"2026: مرحبا": {Tag: "ar", RightToLeft: true},
		"سلام دنیا، این وبلاگ من است. چگونه": {Tag: "fa", RightToLeft: true},
		"یہ میرا بلاگ ہے اور میں لکھتا ہوں":  {Tag: "ur", RightToLeft: true},
		"שלום עולם":                       {Tag: "he", RightToLeft: true},
		"iPhone והמצלמה החדשה שלו":        {Tag: "he"},
		"Καλημέρα κόσμε":                  {Tag: "el"},
		"Привет, мир":                     {Tag: "und-Cyrl"}, // Russian and Bulgarian have these letters
		"Мы все — и ты":                   {Tag: "ru"},
		"Объяснение":                      {Tag: "und-Cyrl"},
		"Здравей, свят! Това е моят блог": {Tag: "und-Cyrl"},
		"Добре дошли в моя първи блог":    {Tag: "bg"},
		"Здраво, ќе видиме":               {Tag: "mk"},
		"Қазақстан және мен":              {Tag: "und-Cyrl"},
		"Би монгол хэлээр өгүүлэл бичдэг": {Tag: "und-Cyrl"},
		"Мы читали «Привіт». " + strings.Repeat("Это были мы и ты. ", 30): {Tag: "ru"},
		"Привіт, світе":                                      {Tag: "uk"},
		"Прывітанне, свет, ўсё добра":                        {Tag: "be"},
		"Добар дан, њени људи":                               {Tag: "und-Cyrl"}, // Macedonian has them, too
		"Ћао, њени људи":                                     {Tag: "sr"},
		"日本語のブログ":                                            {Tag: "ja"},
		"我的博客":                                               {Tag: "zh"},
		"내 블로그":                                              {Tag: "ko"},
		"บล็อกของฉัน":                                        {Tag: "th"},
		"मेरा ब्लॉग":                                         {Tag: "hi"},
		"About the word Привет in English":                   {},
		"(«…») שלום":                                         {Tag: "he", RightToLeft: true},
		strings.Repeat("a", 500) + strings.Repeat("я", 1000): {},
	} {
		if got := language.Guess(text); got != want {
			t.Errorf("Guess(%.40q) = %v, want %v", text, got, want)
		}
	}
}
