package mail

import "context"

// Due reminds the owner of a blog of the last day of their plan, Day.
type Due BlogDate

func init() { register[Due]() }

func (d Due) header() header { return header{kind: "due", userID: d.UserID} }

func (d Due) write(ctx context.Context, s *Sender) (mailData, error) {
	return s.writeBlogDate(ctx, BlogDate(d))
}
