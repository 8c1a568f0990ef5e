"""PUT all samples to a live server; print statuses, differences, slowest."""
import sys, time, pickle
sys.path.insert(0,'/work/main')
import pytest, requests
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from collections import Counter
import wsgi
from tests.clients.conftest import serving
from tests.core.ical_oracle import samples, single, expected
from tests.caldav.editing import SUNDAY, at

def test_it(the_town, tmp_path):
    town = at(the_town, SUNDAY)
    bob, alice = town.bob, town.alice
    out=[]; slow=[]
    with serving(wsgi.mount(town.deps)) as address:
        s=requests.Session(); s.auth=(bob.email,bob.password)
        m=requests.Session(); m.auth=(alice.email,alice.password)
        n=0
        def req(sess, method, url, **k):
            t=time.monotonic(); r=sess.request(method, address+url, timeout=60, **k); d=time.monotonic()-t
            slow.append((d, method, url, name)); return r
        for sample in samples():
            for i, text in enumerate(single(sample)):
                n+=1; name=f'{sample.parent.name}/{sample.name}#{i}'
                href=f'sample-{n}.ics'
                r=req(s,'PUT',bob.bookings+href,data=text,headers={'Content-Type':'text/calendar','If-None-Match':'*'})
                if b'no-uid-conflict' in r.content:
                    import re
                    old=re.search(r'<(?:\w+:)?href[^>]*>([^<]+)', r.text)
                    old=re.search(r'(/dav/[^<]+)</', r.text)[1]
                    d=req(s,'DELETE',old); assert d.status_code in (200,204), d.text
                    r=req(s,'PUT',bob.bookings+href,data=text,headers={'Content-Type':'text/calendar','If-None-Match':'*'})
                g=col=None
                if r.status_code==201:
                    g=req(s,'GET',bob.bookings+href)
                    assert g.content==text and g.headers['ETag']==r.headers['ETag'], name
                    col=req(m,'GET',f'/dav/s11/staff-12/{href}')
                    assert col.status_code==200
                    spans=town.sql("select lower(during), upper(during) from daybridge.busy b join daybridge.blocks k on k.id=b.source_id and b.source='block' where k.href=%s order by 1,2", href)
                else: spans=[]
                out.append((name,text,r.status_code,r.text,col and col.text,spans))
        name='all'
        from tests.caldav import client as C
        for who,sess,path in ((bob,s,bob.bookings),(alice,m,'/dav/s11/staff-12/')):
            for what,body in {
              'range':C.query(C.between('20200101T000000Z','20280101T000000Z'),'<D:getetag/><C:calendar-data/>'),
              'expand':C.query(C.between('20240101T000000Z','20250101T000000Z'),'<D:getetag/><C:calendar-data><C:expand start="20240101T000000Z" end="20250101T000000Z"/></C:calendar-data>'),
              'text':C.query('<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match>test</C:text-match></C:prop-filter></C:comp-filter>'),
              'status':C.query('<C:comp-filter name="VEVENT"><C:prop-filter name="STATUS"><C:is-not-defined/></C:prop-filter></C:comp-filter>'),
              'alarm':C.query('<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20200101T000000Z" end="20280101T000000Z"/></C:comp-filter></C:comp-filter>'),
              'fb':f'<C:free-busy-query {C.NAMESPACES}><C:time-range start="20260101T000000Z" end="20270101T000000Z"/></C:free-busy-query>',
              'sync':C.sync_collection(props='<D:getetag/><C:calendar-data/>'),
            }.items():
                r=req(sess,'REPORT',path,data=body.encode(),headers={'Content-Type':'text/xml','Depth':'1'})
                print(who.email, what, r.status_code, len(r.content), round(slow[-1][0],2), r.text[:300] if r.status_code>299 else '')
    s.close(); m.close()
    pickle.dump(out, open('/tmp/lab/clientB/out.pkl','wb'))
    print(len(out), Counter(o[2] for o in out)); print(sorted(slow)[-12:]); print(sum(d for d,*_ in slow))
