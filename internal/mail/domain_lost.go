package mail

import "context"

// DomainLost tells the owner of a blog that the blog has lost a custom domain, because its TXT record was absent for too
// long.
type DomainLost Domain

func init() { register[DomainLost]() }

func (d DomainLost) header() header { return header{kind: "domain_lost", userID: d.UserID} }

func (d DomainLost) write(ctx context.Context, s *Sender) (mailData, error) {
	return s.writeDomain(ctx, Domain(d))
}
