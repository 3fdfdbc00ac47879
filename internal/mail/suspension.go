package mail

import "context"

// Suspension warns the owner of a blog, whose plan has ended, that readers cannot read it from Day on.
type Suspension BlogDate

func init() { register[Suspension]() }

func (d Suspension) header() header { return header{kind: "suspension", userID: d.UserID} }

func (d Suspension) write(ctx context.Context, s *Sender) (mailData, error) {
	return s.writeBlogDate(ctx, BlogDate(d))
}
