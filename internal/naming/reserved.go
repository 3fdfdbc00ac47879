package naming

// brand is the name of the product. Visitors would take echoblogs-login for a page of the platform.
const brand = "echoblogs"

// Reserved lists the names that no tenant may have, as host labels without hyphens: those of the platform's own hosts and
// services, those that visitors would trust with a password or a payment, those that programs look up by convention under
// every domain, the mailboxes of RFC 2142 and of certificate authorities, and schemas of Postgres and its extensions. A
// name is reserved if it is one of these after its hyphens are removed, so that help-desk is reserved like helpdesk; a
// schema name is reserved if it is one without its underscores. The CRD of Tenants has the same list; a test compares the
// two. Names that contain the brand are reserved, too.
var Reserved = []string{
	"2fa", "abuse", "account", "accountrecovery", "accounts", "accountsecurity", "acme", "admin", "administration",
	"administrator", "administrators", "alert", "alerts", "api", "app", "assets", "auth", "authentication", "authorize",
	"autoconfig", "autodiscover", "bank", "billing", "blog", "blogs", "bounce", "bounces", "broadcasthost", "ca",
	"caldav", "carddav", "cdn", "cert", "certificate", "certs", "changepassword", "checkout", "ci", "citus",
	"citusinternal", "columnar", "columnarinternal", "compliance", "confirm", "console", "contact", "controlpanel",
	"copyright", "cpanel", "credentials", "crl", "cron", "customercare", "customerservice", "customersupport",
	"dashboard", "database", "dav", "db", "default", "deleted", "dkim", "dmarc", "dmca", "dns", "docs", "donotreply",
	"download", "downloads", "echoblogs", "email", "extensions", "feedback", "files", "forgotpassword", "ftp", "gateway",
	"git", "grafana", "graphql", "health", "help", "helpcenter", "helpdesk", "hostmaster", "identity", "idp", "images",
	"imap", "imaps", "info", "informationschema", "ingress", "internal", "invite", "invoice", "invoices", "isatap",
	"kerberos", "kubernetes", "ldap", "legal", "localhost", "login", "logon", "logout", "logs", "lyncdiscover", "mail",
	"mailer", "mailerdaemon", "marketing", "media", "member", "members", "metrics", "mfa", "moderator", "moderators",
	"monitoring", "mtasts", "mx", "mx1", "mx2", "myaccount", "news", "newsletter", "nobody", "noc", "noreply",
	"notification", "notifications", "ns", "ns1", "ns2", "ns3", "ns4", "ntp", "oauth", "oauth2", "ocsp", "official",
	"oidc", "openid", "openpgpkey", "operator", "otp", "owner", "partman", "passkey", "passkeys", "passwd", "password",
	"passwordreset", "passwords", "pay", "payment", "payments", "pgcatalog", "pgtoast", "pki", "pop", "pop3", "portal",
	"postgres", "postmaster", "preview", "pricing", "privacy", "production", "profile", "prometheus", "proxy", "public",
	"purchase", "recover", "recovery", "refund", "refunds", "register", "registry", "relay", "repack", "report", "reset",
	"resetpassword", "root", "safety", "sales", "saml", "sandbox", "secure", "security", "servicedesk", "session",
	"sessions", "settings", "signin", "signon", "signout", "signup", "sip", "smtp", "smtps", "sql", "ssladmin",
	"ssladministrator", "sslwebmaster", "sso", "staff", "staging", "static", "status", "subscription", "subscriptions",
	"superuser", "support", "sysadmin", "system", "team", "template0", "template1", "terms", "tiger", "tigerdata",
	"token", "topology", "trust", "twofactor", "unlock", "upgrade", "upload", "uploads", "usenet", "user", "users",
	"uucp", "verification", "verify", "vpn", "wallet", "web", "webadmin", "webauthn", "webdisk", "webhook", "webhooks",
	"webmail", "webmaster", "website", "wpad", "ws", "www", "www1", "www2",
}
