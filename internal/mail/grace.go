package mail

import "context"

// Grace tells the owner of a blog that their plan has ended and that readers can read the blog until Day.
type Grace BlogDate

func init() { register[Grace]() }

func (d Grace) header() header { return header{kind: "grace", userID: d.UserID} }

func (d Grace) write(ctx context.Context, s *Sender) (mailData, error) {
	return s.writeBlogDate(ctx, BlogDate(d))
}
