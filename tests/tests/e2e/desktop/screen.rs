//! A screen that nobody sees, and a hand that closes the windows on it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState},
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

pub(super) struct Screen {
    server: Child,
    name: String,
    connection: RustConnection,
}

impl Screen {
    pub(super) fn put_up() -> Self {
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let (connection, _) = x11rb::connect(Some(&name)).unwrap();
        Self { server, name, connection }
    }

    /// What `DISPLAY` is set to.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The window of this name that can be seen.
    pub(super) fn window(&self, name: &str) -> Option<u32> {
        let root = self.connection.setup().roots[0].root;
        let windows = self.connection.query_tree(root).unwrap().reply().unwrap().children;
        windows.into_iter().find(|window| self.is(*window, name).unwrap_or(false))
    }

    /// A window that vanishes meanwhile is an error.
    fn is(&self, window: u32, name: &str) -> Result<bool, x11rb::errors::ReplyError> {
        let property =
            self.connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)?.reply()?;
        let attributes = self.connection.get_window_attributes(window)?.reply()?;
        Ok(property.value == name.as_bytes() && attributes.map_state == MapState::VIEWABLE)
    }

    /// Asks a window to close, as a window manager does.
    pub(super) fn close(&self, window: u32) {
        let atom =
            |name: &str| self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        self.connection.send_event(false, window, EventMask::NO_EVENT, message).unwrap();
        self.connection.sync().unwrap();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
