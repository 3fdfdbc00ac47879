package mail

import "context"

// DomainAbsent tells the owner of a blog that the TXT record of a custom domain is absent, and when the blog loses the
// domain.
type DomainAbsent Domain

func init() { register[DomainAbsent]() }

func (d DomainAbsent) header() header { return header{kind: "domain_absent", userID: d.UserID} }

func (d DomainAbsent) write(ctx context.Context, s *Sender) (mailData, error) {
	return s.writeDomain(ctx, Domain(d))
}
