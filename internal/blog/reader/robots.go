package reader

import (
	"net/http"
	"strings"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// aiCrawlers are the names by which crawlers that collect text for AI models find themselves in robots.txt (RFC 9309, section
// 2.2.1). Applebot-Extended, Google-Extended and Webzio-Extended are no crawlers: they say what others may be used for.
var aiCrawlers = []string{
	"AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ClaudeBot", "cohere-training-data-crawler", "Diffbot",
	"FacebookBot", "Google-Extended", "GPTBot", "meta-externalagent", "omgili", "PanguBot", "PerplexityBot", "Timpibot", "Webzio-Extended",
}

// robots says what crawlers may request. A blog that is hidden from search engines is not kept from them: only a page that they
// read can ask them not to list it. Pictures cannot, so they are asked not to read those.
func (rd *Reader) robots(w http.ResponseWriter, r *request) error {
	ctx, cancel := site.StatementContext(r.Request)
	defer cancel()
	err := rd.connections.Use(ctx, r.tenant.ID, func(conn *postgres.Conn) (err error) {
		r.settings, err = settings.NewStore(r.tenant.SchemaName).Load(ctx, conn)
		return err
	})
	if err != nil {
		return err
	}
	return rd.send(w, r, "text/plain; charset=utf-8", []byte(robotsText(&r.settings.Settings, r.tenant.Origin)))
}

func robotsText(set *settings.Settings, origin string) string {
	var text strings.Builder
	if !set.AICrawlers {
		for _, name := range aiCrawlers {
			text.WriteString("User-agent: " + name + "\n")
		}
		text.WriteString("Disallow: /\n\n")
	}
	text.WriteString("User-agent: *\nDisallow: " + site.LoginPath + "\nDisallow: " + site.WritePath + "\nDisallow: " + site.SearchPath + "\n")
	if set.Hidden {
		text.WriteString("Disallow: /media/\n")
	} else {
		text.WriteString("\nSitemap: " + origin + sitemapPath + "\n")
	}
	return text.String()
}
