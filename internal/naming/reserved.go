package naming

// Reserved lists the names that no tenant may have, as host labels: those of the platform's own hosts and services,
// those that programs look up by convention under every domain, the mailboxes of RFC 2142, and schemas of Postgres and
// its extensions. A schema name is reserved if it is one of these with "-" replaced by "_". The CRD of Tenants has the
// same list; a test compares the two.
var Reserved = []string{
	"abuse", "account", "accounts", "admin", "administrator", "api", "app", "assets", "auth", "autoconfig",
	"autodiscover", "billing", "blog", "blogs", "broadcasthost", "cdn", "citus", "citus-internal", "columnar", "cron",
	"dashboard", "default", "dns", "docs", "echoblogs", "email", "extensions", "ftp", "grafana", "health", "help",
	"hostmaster", "imap", "info", "information-schema", "ingress", "internal", "isatap", "kubernetes", "localhost",
	"login", "logout", "mail", "metrics", "mx", "noreply", "no-reply", "ns", "ns1", "ns2", "operator", "partman", "pop",
	"pop3", "portal", "postgres", "postmaster", "prometheus", "public", "register", "root", "security", "settings",
	"signup", "smtp", "sso", "staff", "static", "status", "support", "system", "template0", "template1", "tiger",
	"topology", "usenet", "webmail", "webmaster", "wpad", "www",
}
