package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
)

// recordTimeout bounds the writing down of an act.
const recordTimeout = 5 * time.Second

// actsPage is what staff did lately.
type actsPage struct {
	Acts []audit.Entry
	// Before is where to go on into the past. 0: there is nothing more.
	Before int64
}

func (p *Portal) showActs(w http.ResponseWriter, r *visit) error {
	acts, err := audit.Latest(r.Context(), p.db, number(r.URL.Query().Get("before")), actsShown)
	if err != nil {
		return err
	}
	shown := actsPage{Acts: acts}
	if len(acts) == actsShown {
		shown.Before = acts[len(acts)-1].ID
	}
	return p.show(w, r, page{name: "staff_acts", title: "What staff did", data: shown})
}

// done writes down what was done on the API server, and leads to the page that shows it.
//
// The act comes first. An intent that is recorded before would tell of acts that were refused or cut off, and could not
// be put right, for rows are only added: what stands in the table has happened. What is left is an act whose record
// fails. It goes to the log, whole, and who did it reads so.
func (p *Portal) done(w http.ResponseWriter, r *visit, act audit.Entry, notice, next string) error {
	act.At, act.Actor = r.Now, r.User.Username
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), recordTimeout)
	defer cancel()
	if err := audit.Record(ctx, p.db, act); err != nil {
		p.log.LogAttrs(ctx, slog.LevelError, "Not recorded what staff did", slog.String("id", r.ID), slog.String("actor", act.Actor),
			slog.String("action", act.Action), slog.String("tenant", act.Tenant), slog.String("username", act.Username),
			slog.String("detail", act.Detail), slog.String("cause", causeOf(err)))
		return &failure{
			status: http.StatusInternalServerError, title: "It was done, but not written down",
			lead:  "What you asked for has happened. The database did not take the record of it; the log has it.",
			steps: []string{"Do not do it again. Tell those who run the site the number above."},
		}
	}
	p.notice(w, r, notice)
	redirect(w, r, next)
	return nil
}

// doInDatabase does something in the database together with its record: both happen, or neither.
func (p *Portal) doInDatabase(w http.ResponseWriter, r *visit, act audit.Entry, notice, next string, work func(pgx.Tx) error) error {
	if err := p.recorded(r, act, work); err != nil {
		return err
	}
	p.notice(w, r, notice)
	redirect(w, r, next)
	return nil
}

func (p *Portal) recorded(r *visit, act audit.Entry, work func(pgx.Tx) error) error {
	act.At, act.Actor = r.Now, r.User.Username
	ctx, cancel := context.WithTimeout(r.Context(), recordTimeout)
	defer cancel()
	err := pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error {
		if err := work(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, act)
	})
	if err != nil {
		return fmt.Errorf("%s, and record it: %w", act.Action, err)
	}
	return nil
}

// unchanged leads to a page that says that there was nothing to do: somebody else has done it, or nobody has to.
func (p *Portal) unchanged(w http.ResponseWriter, r *visit, next string) error {
	p.notice(w, r, "unchanged")
	redirect(w, r, next)
	return nil
}
