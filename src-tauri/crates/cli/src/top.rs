//! `headgate top`: what runs and what it takes, again and again, until somebody has seen enough. Where
//! nobody watches, one look.

mod page;
mod screen;

use std::io::IsTerminal;

use headgate_api::{Client, Home, Status, UpstreamView, UsageReport};

use crate::{args::Top, failure::Failure, output, usage};
use screen::Screen;

/// One look.
struct Seen {
    status: Status,
    upstreams: Vec<UpstreamView>,
    report: UsageReport,
}

/// Shows it.
pub(crate) async fn run(args: &Top) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    let seen = look(&client).await?;
    if args.json {
        let rows = usage::rows(&seen.upstreams, &seen.report.upstreams);
        return output::print_json(&usage::json(&seen.status, &seen.report, &rows));
    }
    let is_watched = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if args.once || !is_watched {
        return output::print(&page::page(&seen, None));
    }
    watch(&client, seen, args).await
}

async fn look(client: &Client) -> Result<Seen, Failure> {
    let (status, upstreams, report) =
        (client.status().await?, client.upstreams().await?, client.usage().await?);
    Ok(Seen { status, upstreams: upstreams.upstreams, report })
}

/// The screen is as it was before when this returns, whatever the reason.
async fn watch(client: &Client, mut seen: Seen, args: &Top) -> Result<(), Failure> {
    let screen = Screen::open()?;
    loop {
        screen.show(|height| page::page(&seen, Some(height)))?;
        if screen.left(args.interval).await? {
            return Ok(());
        }
        seen = look(client).await?;
    }
}
